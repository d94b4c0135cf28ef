/**
 * The two changes of the leadership record that an operation makes. Both look before they write and may be repeated: what this operation
 * has written already is found, and what somebody else wrote ends the step with a sentence.
 */
import type { Logger } from 'pino';
import type { VerbEvidence } from '../../lib/agent-contract/verbs.ts';
import type { DrivenOperation } from '../../lib/db/operations/operations.ts';
import { TERMS_AHEAD_MAX } from '../../lib/domain/leadership/proven-term.ts';
import { LeadershipUnknown } from '../../lib/domain/leadership/store.ts';
import type { LeadershipRecord, LeadershipStore, VersionedLeadership } from '../../lib/domain/leadership/store.ts';
import type { Plan, Run } from '../../lib/domain/operation/model.ts';
import { failed } from './step-outcome.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { StepOutcome } from './step-outcome.ts';

/** Each try reads first; more than a few losses in a row are no coincidence. */
const SWAPS_MAX = 4;
const UNKNOWN_RETRY_MS = 200;

export interface LeadershipWish {
  cluster: string;
  operation: string;
  /** Term that the plan starts from. */
  term: number;
  /** `null`: open the term. */
  holder: string | null;
  deadlineMs: number;
  signal: AbortSignal;
}

/** Brings the record to term + 1 with this holder. Evidence: the record as it stands, and the one before. */
export async function moveLeadership(store: LeadershipStore, wish: LeadershipWish): Promise<StepOutcome> {
  const endsAt = performance.now() + wish.deadlineMs;
  let last: unknown = null;
  for (let swaps = 0; swaps < SWAPS_MAX + TERMS_AHEAD_MAX && performance.now() < endsAt && !wish.signal.aborted;) {
    try {
      const current = await store.read(wish.cluster);
      const verdict = judge(current, wish);
      if ('outcome' in verdict) return verdict.outcome;
      swaps += 1;
      const swapped = await store.swap(wish.cluster, verdict.expected, verdict.next);
      if (swapped.outcome === 'ok' && swapped.current.record.term > wish.term) return done(swapped.current, current?.record ?? null);
    } catch (error) {
      if (!(error instanceof LeadershipUnknown))
        return failed('unknown', 'leadership', `The leadership could not be changed: ${messageOf(error)}`);
      last = error;
      await new Promise((resolve) => setTimeout(resolve, UNKNOWN_RETRY_MS));
    }
  }
  const why = last === null ? 'somebody else changes it again and again.' : messageOf(last);
  return failed('unknown', 'leadership-unknown', `The leadership of ${wish.cluster} could not be changed: ${why}`);
}

const done = ({ version, record }: VersionedLeadership, before: LeadershipRecord | null): StepOutcome => ({
  status: 'done',
  evidence: { version, term: record.term, holder: record.holder, termBefore: before?.term ?? null, holderBefore: before?.holder ?? null },
});

type Verdict = { outcome: StepOutcome } | { expected: number | null; next: LeadershipRecord };

function judge(current: VersionedLeadership | null, wish: LeadershipWish): Verdict {
  const { cluster, operation, term, holder } = wish;
  const record = current?.record ?? null;
  const wanted = term + 1;
  const isOurs = record !== null && record.term === wanted && record.operation === operation;
  if (isOurs && current !== null) {
    if (record.holder === holder) return { outcome: done(current, null) };
    // Opened before, and taken now. A term that has a holder is never opened again under the same number.
    if (record.holder === null) return { expected: current.version, next: nextRecord(record, wish) };
  } else if (record !== null && record.term === term && current !== null) {
    return { expected: current.version, next: nextRecord(record, wish) };
  } else if (record !== null && record.term < term && record.term + TERMS_AHEAD_MAX >= term && current !== null) {
    // From a backup: the plan starts from the highest term that agents have seen. The record catches up, and its holder stays.
    return { expected: current.version, next: { ...record, term: record.term + 1 } };
  }
  const stands =
    record === null ? 'there is no record' : `it is at term ${record.term}, held by ${record.holder ?? 'nobody'} (${record.source})`;
  const sentence = `The leadership of ${cluster} was changed by somebody else: the plan starts from term ${term}, and ${stands}. Make a new plan.`;
  return { outcome: failed('no-effect', 'term-moved', sentence) };
}

function nextRecord(before: LeadershipRecord, { operation, term, holder }: LeadershipWish): LeadershipRecord {
  // Where the new holder's timeline begins is known only when it was promoted.
  const timeline = holder !== null && holder === before.holder ? before.timeline : null;
  return { term: term + 1, holder, timeline, source: 'operation', operation, since: new Date().toISOString() };
}

/**
 * Notes on which timeline the holder leads, as its promotion proved it. Best effort: the steward does the same from what is observed.
 */
export async function recordTimeline(store: LeadershipStore, operation: DrivenOperation, plan: Plan, run: Run, log: Logger): Promise<void> {
  const promotion = plan.steps.findIndex(({ action }) => action.by === 'agent' && action.command.verb === 'promote');
  const state = run.steps[promotion];
  if (state?.status !== 'done') return;
  const { timeline } = (state.evidence as VerbEvidence<'promote'>).report;
  try {
    const current = await store.read(operation.cluster);
    if (current === null || timeline === null || current.record.operation !== operation.id || current.record.timeline !== null) return;
    if (current.record.holder !== null) await store.swap(operation.cluster, current.version, { ...current.record, timeline });
  } catch (error) {
    log.warn({ err: error, operation: operation.id }, 'the new timeline could not be noted; the steward does it');
  }
}
