/**
 * An operation from plan to result (DESIGN §5). A plan is a value: computed by a pure function from what is observed, hashed, and
 * never changed. What is measured (lag, expected outage, verdicts of checks) stands beside it in the outlook, which is computed
 * again at each look. What happened is a list of events; everything else is derived from them by `next`.
 */
import type { SynchronousStandbys } from '../../agent-contract/primitives.ts';
import type { Verb, VerbArgs } from '../../agent-contract/verbs.ts';
import type { UnderWay } from './lanes.ts';
import type { Risk } from './risks.ts';

/**
 * Every kind of operation, with what it is asked and what is measured of it. Each module of kinds/ adds its own entry, so that nobody else
 * has to know of it; kinds/registry.ts holds them all at run time.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface OperationKinds {}
export type OperationKind = keyof OperationKinds;
/** From a person or the API. `target` = the node that it is about; `null` = left open, or none. */
export type RequestOf<K extends OperationKind> = { kind: K } & OperationKinds[K]['request'];
export type OperationRequest = { [K in OperationKind]: RequestOf<K> }[OperationKind];

export type RejoinMethod = 'rewind' | 're-clone' | 'keep';

/** A node in a before or after picture. */
export interface PlannedNode {
  name: string;
  role: 'primary' | 'standby' | 'down' | 'unknown';
  upstream: string | null;
  /** The slot on its upstream. */
  slot: string | null;
}
export interface PlannedTopology {
  primary: string | null;
  synchronous: SynchronousStandbys;
  nodes: PlannedNode[];
}

/** The node that the promise phase chose, known only while the operation runs. Stands for a node's name in steps of a failover. */
export const CHOSEN = '@chosen';

/** An effect that the controller has itself. */
export type ControllerAction =
  /** Writes term + 1 without a holder: from here nobody may be primary until it is taken. */
  | { do: 'open-term' }
  /** Term + 1 belongs to this node (after `open-term`: the opened term does), if the holder holds what it must. */
  | { do: 'take-term'; holder: string; onlyIf?: Received }
  | { do: 'fence-by-command'; node: string }
  /** Applies the rule of candidate.ts to the reports of the promise steps. */
  | { do: 'choose-candidate'; preferred: string | null; mustHear: Quorum | null };

/**
 * So many of these standbys must have reported before one of them certainly holds each commit that was acknowledged. `null` = no commit
 * waited for a standby, or too few of them are seen: something acknowledged may be lost, and was accepted by name.
 */
export interface Quorum {
  of: string[];
  count: number;
}

/** Conditions seen in observations, which come from another place than the reply of the command. */
export type ObservedCondition =
  | { see: 'streaming'; standby: string; upstream: string }
  | { see: 'writable'; node: string }
  | { see: 'not-writable'; node: string }
  | { see: 'synchronous'; primary: string; count: number }
  | { see: 'slots-active'; node: string; slots: string[] };

/** A value that an earlier step proved, such as the position of the shutdown checkpoint. `path` leads into its evidence. */
export interface FromStep {
  step: string;
  path: readonly string[];
  /** When nothing proved it, the argument stays as it is. Without this, a missing value stops the step. */
  optional?: true;
}

/** One step proved that a node received WAL strictly past the position that another step proved. */
export interface Received {
  received: FromStep;
  past: FromStep;
}

/** Where the WAL of one node left that of another, from the histories in the reports of two steps. See fork.ts. */
export interface ForkOf {
  fork: 'timeline' | 'lsn';
  of: string;
  against: string;
}

export type StepAction =
  | {
      by: 'agent';
      /** Name of a node, or CHOSEN. */
      node: string;
      command: { [V in Verb]: { verb: V; args: VerbArgs<V> } }[Verb];
      /** Arguments that only earlier steps know; they replace those in `args`. A key may lead into them: `slots.0.lsn`. */
      late?: Readonly<Record<string, FromStep | ForkOf>>;
      /** `next`: the command carries term + 1, which the steps before it opened or took. */
      term: 'current' | 'next';
    }
  | { by: 'controller'; action: ControllerAction }
  | { by: 'observation'; condition: ObservedCondition };

export interface Step {
  /** Unique in its plan, kebab-case, stable: such as `stop-primary` or `follow-rax-dfw-a`. */
  id: string;
  /** Steps of one stage run side by side; the next stage begins when all of them are done or skipped. */
  stage: number;
  /** `critical`: clients wait. */
  phase: 'prepare' | 'critical' | 'finish';
  title: string;
  /** Effect, verification, and the worst state in which it can leave things: one sentence each. */
  does: string;
  verifiedBy: string;
  worst: string;
  /** Told on the run page while it runs, such as “waiting for the shutdown checkpoint to reach aws-use1-b”. */
  waitsFor: string;
  action: StepAction;
  deadlineMs: number;
  attemptsMax: number;
  /** Its undo when the operation rolls back; `null` = nothing to roll back, or not possible: `undoText` says which. */
  undo: StepAction | null;
  undoText: string;
  /** An earlier step that must be rolled back before this one, although undos otherwise run the last first. */
  undoAfter?: string;
  /**
   * When all attempts failed: `roll-back` what was done; `next-rung` of the ladder that it belongs to; `follow-up` = continue, and say in the
   * result that a person must look; `hold` = forward only: stop, tell what to do, and wait for a person who tries again.
   */
  onFailure: 'roll-back' | 'next-rung' | 'follow-up' | 'hold';
  /** Rungs are ways to the same end, tried in order; when all steps of one are done the others are skipped. */
  ladder?: string;
  /** The rung that it is a step of, such as `rewind`. When one of its steps has failed, the rest of it is skipped. Absent: a rung of its own. */
  rung?: string;
  /** The rung in words, such as “the rewind”. */
  rungWords?: string;
  /** Skipped when the chosen candidate is this node (a standby does not follow itself). */
  skipWhenChosen?: string;
}

export interface Plan {
  /** 1: the hash covers the words too, and a rung is named in words. 2: the hash covers what is done (plan/bound.ts). */
  planVersion: 1 | 2;
  cluster: string;
  request: OperationRequest;
  /** One sentence: “aws-use1-b becomes primary; aws-use1-a follows it.” */
  summary: string;
  /** The leadership it starts from. When that has moved, the plan is void. */
  term: number;
  before: PlannedTopology;
  after: PlannedTopology;
  steps: Step[];
  /** Stage number from which the operation can only go forward. `null` = it can be undone to the end. */
  pointOfNoReturn: number | null;
  approvalsRequired: number;
}

/** The plan of one kind. */
export type PlanOf<K extends OperationKind> = Plan & { request: RequestOf<K> };

/** A check before the start, in the form of every finding: value, threshold, verdict, what to do. */
export interface Check {
  /** Stable: such as `target-lag`. */
  id: string;
  title: string;
  /** As seen now, with unit; `unknown` is said as such. */
  value: string;
  threshold: string;
  /** `fail` blocks. `unknown` blocks as well: doubt denies. `warn` is shown and does not block. */
  verdict: 'pass' | 'warn' | 'fail' | 'unknown';
  /** Meaning and remedy. Empty when passed. */
  mend: string;
  node: string | null;
  observedAt: string | null;
}

export interface MeasuredSpread {
  runs: number;
  minMs: number;
  medianMs: number;
  maxMs: number;
}

/** The expected cost, with its basis. Computed at each look; not part of the hash. */
export interface Outlook {
  checks: Check[];
  /** Why it can't be started now: the sentences of the checks that block. Empty = it can. */
  blocked: string[];
  outage: { sentence: string; earlier: MeasuredSpread | null };
  loss: {
    sentence: string;
    /** Upper bounds as measured now; 0 only where nothing can be lost by construction. `null` = unknown. */
    bytes: number | null;
    seconds: number | null;
    measuredAt: string | null;
  };
  clients: string;
  /** How to undo it, and until when. */
  undo: string;
  /** It can't begin while these are under way; and these it ends when it begins. */
  inTheWay: UnderWay[];
  takenOver: UnderWay[];
  /** Risks to acknowledge by name, such as the loss of a failover. Empty for harmless operations. */
  risks: Risk[];
  /** Their sentences, for clients that repeat these; goes with the release after the next. */
  acknowledge: string[];
}

// ---- Execution -------------------------------------------------------------------------------------------------------------------

/** `awaiting-approval` and `queued` precede the first event of execution. `held` waits for a person; see `Step.onFailure`. */
export const OPERATION_STATES = [
  'awaiting-approval',
  'queued',
  'running',
  'rolling-back',
  'held',
  'done',
  'rolled-back',
  'cancelled',
  'refused',
  'failed',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];
/** No more event follows. */
export const ENDED_STATES = ['done', 'rolled-back', 'cancelled', 'refused', 'failed'] as const satisfies readonly OperationState[];
export const isEnded = (state: OperationState): boolean => (ENDED_STATES as readonly OperationState[]).includes(state);

export type FailureKind =
  /** Known to have had no effect: may be tried again or undone as if it had not begun. */
  | 'no-effect'
  /** May have had its effect. It is asked again with the same key, never assumed. */
  | 'unknown'
  /** Did something, and then failed. */
  | 'partial';

export type OperationEvent =
  /** `continues`: what it took over, and since when writes were held by that; `null` = they were not. */
  | { kind: 'started'; controller: string; continues?: { operation: string; kind: OperationKind; writesHeldSince: string | null }[] }
  /** Written before the effect leaves. `undo`: it takes the step back. */
  | { kind: 'step-started'; step: string; attempt: number; undo: boolean }
  /** Written when it was verified. */
  | { kind: 'step-done'; step: string; undo: boolean; evidence: unknown; tookMs: number }
  | { kind: 'step-failed'; step: string; attempt: number; undo: boolean; failure: FailureKind; code: string; reason: string }
  | { kind: 'step-skipped'; step: string; reason: string }
  | { kind: 'cancel-requested'; by: string }
  | { kind: 'rollback-started'; reason: string }
  | { kind: 'held'; step: string; reason: string }
  | { kind: 'released'; by: string }
  /** Another controller, or the same after its restart, continues. */
  | { kind: 'taken-over'; controller: string }
  /** `takenOverBy`: another operation ended it where it stood, leaving this. */
  | { kind: 'ended'; state: OperationState; reason: string; takenOverBy?: string; leaves?: string[] };

export interface RecordedEvent {
  sequence: number;
  /** ISO instant on the clock of the control database. */
  at: string;
  event: OperationEvent;
}

export type StepStatus = 'pending' | 'running' | 'done' | 'failed' | 'skipped' | 'undoing' | 'undone' | 'undo-failed';

export interface StepRun {
  id: string;
  status: StepStatus;
  /** Grows with each attempt, forward or undo, and never restarts: (operation, step, attempt) is the key of a command. */
  attempt: number;
  /**
   * Attempts since it last began: forward, as undo, or after a person released it; without those during which the controller was
   * replaced. This is what `attemptsMax` limits.
   */
  tries: number;
  /** The last attempt is one of `tries`: no controller was replaced during it. */
  isTry: boolean;
  /** An attempt was done, failed midway or has an unknown outcome: a rollback has something to undo. */
  mayHaveActed: boolean;
  startedAt: string | null;
  endedAt: string | null;
  evidence: unknown;
  /** Of the last failure, until an attempt is done. */
  failure: { kind: FailureKind; code: string; reason: string } | null;
  /** Every attempt that failed, oldest first, also when a later one was done: a step that needed three tells why. */
  failedAttempts: { attempt: number; undo: boolean; code: string; reason: string }[];
  skippedBecause: string | null;
}

export interface Run {
  state: OperationState;
  steps: StepRun[];
  cancelRequestedBy: string | null;
  /** The person who gave up on it while it was held. It ends as `failed`. */
  givenUpBy: string | null;
  /** Why it rolls back, is held or has ended. */
  reason: string | null;
  /** Chosen by the promise phase; `null` before, or when the plan has none. */
  chosen: string | null;
  startedAt: string | null;
  endedAt: string | null;
  lastSequence: number;
}

/** Derived from the run alone. Empty = wait for the steps in progress. */
export type NextAction =
  | { act: 'start'; step: string; attempt: number; undo: boolean }
  | { act: 'skip'; step: string; reason: string }
  | { act: 'roll-back'; reason: string }
  | { act: 'hold'; step: string; reason: string }
  | { act: 'end'; state: OperationState; reason: string };

/** The measured results of a run, in the shape of its kind. `null` = not measured, and never counts as met. */
export type MeasuredOf<K extends OperationKind> = OperationKinds[K]['measured'];
export type Measured = MeasuredOf<OperationKind>;

/** The difference of two plans, for a person who approved the earlier one. */
export interface PlanDifference {
  /** Sentences such as “The primary is now aws-use1-b (was aws-use1-a).” Empty = the plans are equal. */
  sentences: string[];
}
