/** From the record of an operation to its folded run, and to what decides who may do what with it. */
import type { OperationRecord } from '../../db/operations/operation-records.ts';
import { EVENTS_MAX, JournalTooLong, tooLongSentence } from '../../db/operations/operations.ts';
import type { ActionSubject } from '../../domain/operation/answers/actions.ts';
import { beginRun, mayCancel, next } from '../../domain/operation/machine/machine.ts';
import { isEnded } from '../../domain/operation/model.ts';
import type { OperationState, Plan, Run } from '../../domain/operation/model.ts';
import { messageOf } from '../../runtime/error-message.ts';

export interface FoldedRun {
  plan: Plan;
  run: Run;
  /** The run as its events tell it; as recorded while there are none. */
  state: OperationState;
  /** A journal that does not fit its plan is shown as far as it does, with the reason; `null` when it fits. */
  journalProblem: string | null;
}

/** Pure but for the parsing: what the journal says. */
export function foldRun(record: Pick<OperationRecord, 'plan' | 'events' | 'state'>): FoldedRun {
  const plan = JSON.parse(record.plan) as Plan;
  let run = beginRun(plan);
  let journalProblem: string | null = null;
  try {
    if (record.events.length > EVENTS_MAX) throw new JournalTooLong(tooLongSentence);
    for (const event of record.events) run = next(plan, run, event);
  } catch (error) {
    journalProblem = messageOf(error);
  }
  const recorded = record.events.length === 0 || isEnded(record.state) || journalProblem !== null;
  return { plan, run, state: recorded ? record.state : run.state, journalProblem };
}

export function actionSubject(record: OperationRecord, { plan, run, state }: FoldedRun): ActionSubject {
  // The controller clears a wish when it takes it up: what stands in the record is still open.
  return {
    cluster: record.slug,
    state,
    requestedBy: record.requestedBy,
    requestedByUserId: record.requestedByUserId,
    decidedByUserIds: record.approvals.map(({ userId }) => userId),
    cancelRequestedBy: record.cancelRequestedBy,
    releaseRequestedBy: record.releaseRequestedBy,
    acknowledgedBy: record.acknowledgedBy,
    mayCancel: mayCancel(plan, run),
  };
}
