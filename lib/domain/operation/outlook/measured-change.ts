/**
 * Measures what a change on servers cost, from its events alone: write outage, loss, terms and timelines, each with the sentence how it came
 * about. For every kind that holds writes, moves the primary or could have; what was not measured is `null`.
 */
import type { LossLedger } from '../../../agent-contract/loss-ledger.ts';
import { formatDuration } from '../../format/duration.ts';
import { formatBytes, formatCount } from '../../format/quantity.ts';
import type { Figure, MeasuredBy } from '../kind.ts';
import type { Plan, RecordedEvent, Step } from '../model.ts';

export interface MeasuredChange {
  /** How long writes were held: from before they were stopped until clients were served again; `null` = not measured. */
  writeOutageMs: number | null;
  /** How the figure came about, in a sentence. */
  writeOutageBasis: string;
  /** `null` = unknown (yet): for a failover, until the old primary's WAL was examined. */
  lostRows: number | null;
  lostTransactions: number | null;
  lostBytes: number | null;
  lossBasis: string;
  termBefore: number | null;
  termAfter: number | null;
  timelineBefore: number | null;
  timelineAfter: number | null;
  rewinds: number;
}

/** In what the kinds differ. */
export interface ChangeWords {
  /** The old primary had stopped in order before another was promoted. `false`: it may have taken more than anybody received. */
  isOrderly: boolean;
  /** Until whom clients reached, in the sentence about the outage. */
  until: 'new primary' | 'primary';
  /** After the sentence about a loss ledger; empty = nothing more to say. */
  ledgerNote: string;
}

export function measuredChange(words: ChangeWords): MeasuredBy<MeasuredChange> {
  return {
    of: (plan, events) => {
      const story = new Story(plan, events);
      return { ...outageOf(plan, story, words), ...lossOf(plan, story, words), ...changesOf(plan, story) };
    },
    read: (stored) => ({ ...NOT_STORED, ...stored }),
    figures,
    inList: ({ writeOutageMs, lostRows, lostBytes }) => ({ writeOutageMs, lostRows, lostBytes }),
  };
}

/** Of what an earlier release did not store. */
const NOT_STORED: MeasuredChange = {
  ...{ writeOutageMs: null, writeOutageBasis: 'Not recorded.' },
  ...{ lostRows: null, lostTransactions: null, lostBytes: null, lossBasis: 'Not recorded.' },
  ...{ termBefore: null, termAfter: null, timelineBefore: null, timelineAfter: null, rewinds: 0 },
};

function figures(measured: MeasuredChange): Figure[] {
  const { lostRows, lostTransactions, lostBytes, rewinds } = measured;
  const isSameTerm = measured.termBefore !== null && measured.termBefore === measured.termAfter;
  const change = (before: number | null, after: number | null): string => {
    // Without a change of primary there is nothing to read a timeline from, and it has not moved.
    if (before === null && after === null && isSameTerm) return 'unchanged';
    return before !== null && before === after ? `${before}, unchanged` : `${before ?? 'unknown'} → ${after ?? 'unknown'}`;
  };
  const transactions = lostTransactions === 1 ? 'transaction' : 'transactions';
  return [
    {
      ...{ id: 'write-outage', label: 'Write outage', isKnownZero: false, more: null },
      value: measured.writeOutageMs === null ? 'not measured' : formatDuration(measured.writeOutageMs),
      basis: measured.writeOutageBasis,
    },
    {
      ...{ id: 'rows-lost', label: 'Acknowledged rows lost', isKnownZero: lostRows === 0 },
      value: lostRows === null ? null : lostRows === 0 ? 'none' : formatCount(lostRows),
      more:
        lostTransactions === null || lostTransactions === 0
          ? null
          : `${formatCount(lostTransactions)} ${transactions}, ${formatBytes(lostBytes)} of WAL`,
      basis: measured.lossBasis,
    },
    {
      ...{ id: 'term', label: 'Term', isKnownZero: false, more: null },
      value: change(measured.termBefore, measured.termAfter),
      basis: 'one for each change of primary',
    },
    {
      ...{ id: 'timeline', label: 'Timeline', isKnownZero: false, more: null },
      value: change(measured.timelineBefore, measured.timelineAfter),
      basis: rewinds === 0 ? 'no node was rewound' : `${formatCount(rewinds)} rewound`,
    },
  ];
}

/** The events of a run, asked by step. */
class Story {
  readonly #plan: Plan;
  readonly #events: readonly RecordedEvent[];

  constructor(plan: Plan, events: readonly RecordedEvent[]) {
    this.#plan = plan;
    this.#events = events;
  }

  startedAtMs(isAbout: (step: Step) => boolean, undo = false): number | null {
    const found = this.#of('step-started', isAbout, undo)[0];
    return found === undefined ? null : Date.parse(found.at);
  }

  /** Since an operation that this one took over held writes; `null` = none did. */
  writesHeldSinceMs(): number | null {
    const started = this.#events.find(({ event }) => event.kind === 'started')?.event;
    const held = started?.kind === 'started' ? (started.continues ?? []).flatMap(({ writesHeldSince }) => writesHeldSince ?? []) : [];
    return held.length === 0 ? null : Math.min(...held.map((at) => Date.parse(at)));
  }

  /** Of the last one. */
  doneAtMs(isAbout: (step: Step) => boolean, undo = false): number | null {
    const found = this.#of('step-done', isAbout, undo).at(-1);
    return found === undefined ? null : Date.parse(found.at);
  }

  /** Evidence of each step that was done, in order. */
  evidence(isAbout: (step: Step) => boolean): Record<string, unknown>[] {
    return this.#of('step-done', isAbout, false).map(({ event }) => {
      const evidence = event.kind === 'step-done' ? event.evidence : null;
      return typeof evidence === 'object' && evidence !== null ? (evidence as Record<string, unknown>) : {};
    });
  }

  /** Begun and never known to be done, nor known to have had no effect. */
  mayHaveHappened(isAbout: (step: Step) => boolean): boolean {
    if (this.#of('step-done', isAbout, false).length > 0) return false;
    const withoutEffect = this.#of('step-failed', isAbout, false).filter(
      ({ event }) => event.kind === 'step-failed' && event.failure === 'no-effect',
    );
    return this.#of('step-started', isAbout, false).length > withoutEffect.length;
  }

  #of(kind: 'step-started' | 'step-done' | 'step-failed', isAbout: (step: Step) => boolean, undo: boolean): RecordedEvent[] {
    const ids = new Set(this.#plan.steps.filter(isAbout).map(({ id }) => id));
    return this.#events.filter(({ event }) => event.kind === kind && event.undo === undo && ids.has(event.step));
  }
}

const isCritical = (step: Step): boolean => step.phase === 'critical';
const asks = (verb: string) => (step: Step) => step.action.by === 'agent' && step.action.command.verb === verb;
const does = (what: string) => (step: Step) => step.action.by === 'controller' && step.action.action.do === what;

function outageOf(plan: Plan, story: Story, words: ChangeWords): Pick<MeasuredChange, 'writeOutageMs' | 'writeOutageBasis'> {
  const fromMs = story.writesHeldSinceMs() ?? story.startedAtMs(isCritical);
  if (fromMs === null) return { writeOutageMs: null, writeOutageBasis: 'Not measured: writes were not paused.' };
  const forwardMs = story.doneAtMs((step) => isCritical(step) && isEndOfOutage(plan, step));
  const backMs = story.doneAtMs((step) => isCritical(step) && step.undo !== null, true);
  const untilMs = forwardMs ?? backMs;
  if (untilMs === null) return { writeOutageMs: null, writeOutageBasis: 'Not measured: it ended before writes resumed.' };
  const until = forwardMs === null ? 'until it was rolled back' : `until the ${words.until} was reachable for clients`;
  const basis = !words.isOrderly
    ? `From the start of the fence ${until}; the time before, since the primary was lost, is not included.`
    : `From before writes were paused ${until}, by the journal of the operation: one client may see some tens of milliseconds more or less.`;
  return { writeOutageMs: Math.max(0, untilMs - fromMs), writeOutageBasis: basis };
}

/** The last critical stage in which clients are resumed; without a pooler, the promotion (or the restart). */
function isEndOfOutage(plan: Plan, step: Step): boolean {
  const critical = plan.steps.filter(isCritical);
  const ends = critical.filter((one) => asks('pooler-switch')(one) || asks('pooler-resume')(one));
  const wanted = ends.length > 0 ? ends : critical.filter((one) => asks('promote')(one) || asks('restart')(one));
  return wanted.includes(step);
}

type Loss = Pick<MeasuredChange, 'lostRows' | 'lostTransactions' | 'lostBytes' | 'lossBasis'>;

const NOTHING_LOST = { lostRows: 0, lostTransactions: 0, lostBytes: 0 };

function lossOf(plan: Plan, story: Story, words: ChangeWords): Loss {
  const [ledgerEvidence] = story.evidence(asks('keep-diverged'));
  if (ledgerEvidence !== undefined) return lossInLedger(words, ledgerEvidence.ledger as LossLedger | undefined);
  const promoted = story.evidence(asks('promote')).length > 0;
  if (!promoted && story.mayHaveHappened(asks('promote'))) return lossOfUnknownPromotion(words);
  if (!promoted) return { ...NOTHING_LOST, lossBasis: 'No other node became primary: nothing was lost.' };
  if (words.isOrderly) {
    return {
      ...NOTHING_LOST,
      lossBasis: 'The new primary had the shutdown checkpoint of the old one before it was promoted: no acknowledged row is lost.',
    };
  }
  const choosing = plan.steps.find(does('choose-candidate'))?.action;
  const quorum = choosing?.by === 'controller' && choosing.action.do === 'choose-candidate' ? choosing.action.mustHear : null;
  if (quorum !== null) {
    const basis = `${quorum.count} of ${quorum.of.join(', ')} reported, so the chosen one has every commit that waited for a synchronous standby: no such row is lost.`;
    return { ...NOTHING_LOST, lostTransactions: null, lostBytes: null, lossBasis: basis };
  }
  return {
    ...{ lostRows: null, lostTransactions: null, lostBytes: null },
    lossBasis: 'Unknown yet: the last writes of the old primary are read when it is reverted. Its loss ledger will tell.',
  };
}

function lossOfUnknownPromotion({ isOrderly }: ChangeWords): Loss {
  if (isOrderly) {
    const basis = 'Whether the new primary was promoted is unknown; if it was, it had the shutdown checkpoint of the old one first.';
    return { ...NOTHING_LOST, lossBasis: basis };
  }
  const lossBasis = 'Whether the chosen standby was promoted is unknown, and so is the loss. Check the node.';
  return { lostRows: null, lostTransactions: null, lostBytes: null, lossBasis };
}

function lossInLedger({ ledgerNote }: ChangeWords, ledger: LossLedger | undefined): Loss {
  if (ledger === undefined)
    return { lostRows: null, lostTransactions: null, lostBytes: null, lossBasis: 'The loss ledger could not be read.' };
  const { node, rows, rowsLeftOut, rowsMessage, fromLsn, toLsn, timeline } = ledger;
  const listed = ledger.transactions === 0 ? 0 : rows === null || rowsLeftOut === null ? null : rows.length + rowsLeftOut;
  const range = `From the WAL of ${node} on timeline ${timeline}, ${fromLsn} to ${toLsn}`;
  const missing = listed === null ? `; the rows could not all be read${rowsMessage === null ? '' : `: ${rowsMessage}`}` : '';
  return {
    lostRows: listed,
    lostTransactions: ledger.transactions,
    lostBytes: ledger.bytes,
    lossBasis: `${range}${missing}.${ledgerNote}`,
  };
}

function changesOf(
  plan: Plan,
  story: Story,
): Pick<MeasuredChange, 'termBefore' | 'termAfter' | 'timelineBefore' | 'timelineAfter' | 'rewinds'> {
  const terms = story
    .evidence((step) => does('take-term')(step) || does('open-term')(step))
    .map(({ term }) => numberOrNull(term) ?? plan.term + 1);
  const promoted = story.evidence(asks('promote')).at(-1);
  const report = promoted?.report as { timeline?: unknown } | undefined;
  const chosen = story.evidence(does('choose-candidate')).at(-1);
  const promotion = plan.steps.find(asks('promote'))?.action;
  const planned = promotion?.by === 'agent' && promotion.command.verb === 'promote' ? promotion.command.args.timeline : null;
  const before = numberOrNull(chosen?.timeline) ?? planned;
  const unmoved = story.mayHaveHappened(asks('promote')) ? null : before;
  return {
    termBefore: plan.term,
    termAfter: terms.at(-1) ?? plan.term,
    timelineBefore: before,
    timelineAfter: promoted === undefined ? unmoved : numberOrNull(report?.timeline),
    rewinds: story.evidence(asks('rewind')).filter(({ needed }) => needed !== false).length,
  };
}

export const hasLedger = (evidence: unknown): boolean => typeof evidence === 'object' && evidence !== null && 'ledger' in evidence;

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
