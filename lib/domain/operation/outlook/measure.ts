/** What an operation cost, from its events alone: figures with the sentence how they came about. What was not measured is `null`. */
import type { LossLedger } from '../../../agent-contract/loss-ledger.ts';
import type { Measured, Plan, RecordedEvent, Step } from '../model.ts';

export function measure(plan: Plan, events: readonly RecordedEvent[]): Measured {
  const story = new Story(plan, events);
  return { ...outageOf(plan, story), ...lossOf(plan, story), ...changesOf(plan, story) };
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

function outageOf(plan: Plan, story: Story): Pick<Measured, 'writeOutageMs' | 'writeOutageBasis'> {
  const fromMs = story.startedAtMs(isCritical);
  if (fromMs === null) return { writeOutageMs: null, writeOutageBasis: 'Not measured: writes were not held.' };
  const forwardMs = story.doneAtMs((step) => isCritical(step) && isEndOfOutage(plan, step));
  const backMs = story.doneAtMs((step) => isCritical(step) && step.undo !== null, true);
  const untilMs = forwardMs ?? backMs;
  if (untilMs === null) return { writeOutageMs: null, writeOutageBasis: 'Not measured: it ended before writes went on.' };
  const until = forwardMs === null ? 'until it was taken back' : 'until the new primary was reachable for clients';
  const basis =
    plan.request.kind === 'failover'
      ? `From the start of the fence ${until}; the time before, since the primary was lost, is not in it.`
      : `From before writes were held ${until.replace('new primary', plan.request.kind === 'restart' ? 'primary' : 'new primary')}, by the journal of the operation: one client may see some tens of milliseconds more or less.`;
  return { writeOutageMs: Math.max(0, untilMs - fromMs), writeOutageBasis: basis };
}

/** The last critical stage in which clients are let go on; without a pooler, the promotion (or the restart). */
function isEndOfOutage(plan: Plan, step: Step): boolean {
  const critical = plan.steps.filter(isCritical);
  const ends = critical.filter((one) => asks('pooler-switch')(one) || asks('pooler-resume')(one));
  const wanted = ends.length > 0 ? ends : critical.filter((one) => asks('promote')(one) || asks('restart')(one));
  return wanted.includes(step);
}

type Loss = Pick<Measured, 'lostRows' | 'lostTransactions' | 'lostBytes' | 'lossBasis'>;

const NOTHING_LOST = { lostRows: 0, lostTransactions: 0, lostBytes: 0 };

function lossOf(plan: Plan, story: Story): Loss {
  const [ledgerEvidence] = story.evidence(asks('keep-diverged'));
  if (ledgerEvidence !== undefined) return lossInLedger(plan, ledgerEvidence.ledger as LossLedger | undefined);
  const promoted = story.evidence(asks('promote')).length > 0;
  if (!promoted && story.mayHaveHappened(asks('promote'))) return lossOfUnknownPromotion(plan);
  if (!promoted) return { ...NOTHING_LOST, lossBasis: 'No other node became primary: nothing was lost.' };
  if (plan.request.kind !== 'failover') {
    return {
      ...NOTHING_LOST,
      lossBasis:
        'The new primary held the shutdown checkpoint of the old one before it was promoted: no row that was acknowledged is lost.',
    };
  }
  const choosing = plan.steps.find(does('choose-candidate'))?.action;
  const quorum = choosing?.by === 'controller' && choosing.action.do === 'choose-candidate' ? choosing.action.mustHear : null;
  if (quorum !== null) {
    const basis = `${quorum.count} of ${quorum.of.join(', ')} were heard, so that the chosen one holds every commit that waited for a synchronous standby: no such row is lost.`;
    return { ...NOTHING_LOST, lostTransactions: null, lostBytes: null, lossBasis: basis };
  }
  return {
    ...{ lostRows: null, lostTransactions: null, lostBytes: null },
    lossBasis: 'Not known yet: what the old primary wrote last is only seen when it is reverted. Its loss ledger will tell.',
  };
}

function lossOfUnknownPromotion(plan: Plan): Loss {
  if (plan.request.kind !== 'failover') {
    const basis = 'Whether the new primary was promoted is not known; if it was, it held the shutdown checkpoint of the old one before.';
    return { ...NOTHING_LOST, lossBasis: basis };
  }
  const lossBasis = 'Whether the chosen standby was promoted is not known, and so neither what that cost. Look at the node.';
  return { lostRows: null, lostTransactions: null, lostBytes: null, lossBasis };
}

function lossInLedger(plan: Plan, ledger: LossLedger | undefined): Loss {
  if (ledger === undefined)
    return { lostRows: null, lostTransactions: null, lostBytes: null, lossBasis: 'The loss ledger could not be read.' };
  const { node, rows, rowsLeftOut, rowsMessage, fromLsn, toLsn, timeline } = ledger;
  const listed = ledger.transactions === 0 ? 0 : rows === null || rowsLeftOut === null ? null : rows.length + rowsLeftOut;
  const range = `From the WAL of ${node} on timeline ${timeline}, ${fromLsn} to ${toLsn}`;
  const missing = listed === null ? `; the rows could not all be read${rowsMessage === null ? '' : `: ${rowsMessage}`}` : '';
  const what = plan.request.kind === 'reversion' ? ' It is what the change of primary before cost.' : '';
  return { lostRows: listed, lostTransactions: ledger.transactions, lostBytes: ledger.bytes, lossBasis: `${range}${missing}.${what}` };
}

function changesOf(plan: Plan, story: Story): Pick<Measured, 'termBefore' | 'termAfter' | 'timelineBefore' | 'timelineAfter' | 'rewinds'> {
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

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
