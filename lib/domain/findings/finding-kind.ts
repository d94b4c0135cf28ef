/** Defines the parts of a finding's module. Every member is required: nothing is decided by omission. */
import type { CauseFinding, CauseLook, Trouble } from './cause-look.ts';
import type { Hysteresis } from './hysteresis-policy.ts';
import type { Finding, FindingCandidate, NextOperation } from './model.ts';
import type { RuleContext, Said } from './rule.ts';

/** The thing that `subject` of an occurrence names. Pages ask for the findings of a slot or a volume by it. */
export type SubjectKind =
  | 'architecture'
  | 'certificate'
  | 'downstream'
  | 'hba-line'
  | 'nodes'
  | 'provider'
  | 'repository'
  | 'role'
  | 'setting'
  | 'slot'
  | 'upstream'
  | 'volume';

/** `C` is the code: stable, for screens, alerts, the API and evidence refer to it. */
export interface FindingKind<C extends string = string> {
  readonly code: C;
  readonly title: string;
  /** The cost if nothing is done. */
  readonly impact: string;
  readonly likelyCauses: readonly string[];
  /** Must be safe to follow as written, or name its precondition. `{node}` and `{subject}` are filled in, here and in the two above. */
  readonly nextAction: string;
  readonly subject: SubjectKind | null;
  /** How often it must be said to open, and not be said to resolve. */
  readonly hysteresis: Hysteresis | ((candidate: FindingCandidate) => Hysteresis);
  /** Concluded from silence: a leader that has just begun to look does not open it (OBSERVER_WARM_UP_MS). */
  readonly concludedFromSilence: boolean;
  /** False while its evidence can't be seen: an open finding is then held, because "no sample" is not "all clear". */
  readonly isObservable: (finding: Pick<Finding, 'nodeName' | 'subject'>, context: RuleContext) => boolean;
  /** The troubles that it explains to others, when they look for their cause. */
  readonly explains: readonly Trouble[];
  /** The open finding that this one directly follows from; `null` = none. */
  readonly cause: <T extends CauseFinding>(finding: T, look: CauseLook<T>) => T | null;
  /** `code`: the same thing wrong in several places is one piece of work. */
  readonly groupedBy: 'occurrence' | 'code';
  /** The operation whose plan is the next safe action; `null` = no operation fixes it. */
  readonly nextOperation: (finding: Pick<FindingCandidate, 'nodeName' | 'evidence'>) => NextOperation | null;
  /** Replaces the one sentence about the cluster while it is open; `{cluster}` and `{subject}` are filled in. `null` = it does not. */
  readonly clusterSentence: string | null;
  /** Says what is wrong now, before hysteresis. */
  readonly rule: (context: RuleContext) => Said[];
}
