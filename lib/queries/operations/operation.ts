/** One run, whole: what the run page and the API show. */
import { findOperation } from '../../db/operations/operation-records.ts';
import type { CommandRecord, OperationRecord } from '../../db/operations/operation-records.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import { whyNotAcknowledge, whyNotApprove, whyNotCancel, whyNotDownload, whyNotRelease } from '../../domain/operation/answers/actions.ts';
import type { CommandView, OperationView } from '../../domain/operation/answers/answers.ts';
import { takeOverLinks } from '../../domain/operation/answers/take-over-links.ts';
import { followUps } from '../../domain/operation/machine/machine.ts';
import { readMeasured } from '../../domain/operation/outlook/measure.ts';
import { authorisedClusters } from '../../domain/policy/authorise.ts';
import { includesCluster } from '../../domain/policy/permissions.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { actionSubject, foldRun } from './subject.ts';

/** The operation of an id, as this person may see and handle it; `null` when there is none for them. */
export async function readOperation(
  actor: Actor,
  id: string,
  nowMs: number = Date.now(),
  db: Queryable = webDatabase(),
): Promise<OperationView | null> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const record = await findOperation(db, id);
  return record === null || !includesCluster(readable, record.slug) ? null : operationView(record, actor, nowMs);
}

/** Pure: the view of a record for one person. */
export function operationView(record: OperationRecord, actor: Actor, nowMs: number): OperationView {
  const folded = foldRun(record);
  const { plan, run, state, journalProblem } = folded;
  const subject = actionSubject(record, folded);
  return {
    serverTime: new Date(nowMs).toISOString(),
    id: record.id,
    cluster: { slug: record.slug, name: record.clusterName },
    kind: record.kind,
    state,
    plan,
    planHash: record.planHash,
    run,
    journalProblem,
    requestedBy: record.requestedBy,
    requestedAt: record.requestedAt.toISOString(),
    reason: record.reason,
    ticket: record.ticket,
    acknowledgedRisks: record.acknowledgedRisks,
    approvals: {
      required: record.approvalsRequired,
      given: record.approvals.map(({ by, decision, reason, at }) => ({ by, decision, reason, at })),
    },
    startedAt: record.startedAt?.toISOString() ?? null,
    endedAt: record.endedAt?.toISOString() ?? null,
    outcome: record.outcome,
    ...takeOverLinks(record.events),
    measured: readMeasured(record.kind, record.measured),
    commands: record.commands.map(commandView),
    artifacts: record.artifacts,
    followUps: followUps(plan, run),
    cancelRequested: wish(record.cancelRequestedAt, record.cancelRequestedBy) ?? takenCancel(record),
    releaseRequested: wish(record.releaseRequestedAt, record.releaseRequestedBy),
    acknowledged:
      record.acknowledgedAt === null
        ? null
        : { at: record.acknowledgedAt.toISOString(), by: record.acknowledgedBy ?? '', note: record.acknowledgement },
    cancelSentence: subject.mayCancel.sentence,
    actions: {
      approve: whyNotApprove(actor, subject),
      cancel: whyNotCancel(actor, subject),
      release: whyNotRelease(actor, subject),
      acknowledge: whyNotAcknowledge(actor, subject),
      download: whyNotDownload(actor, subject),
    },
    controllerSeenAt: record.controllerSeenAt?.toISOString() ?? null,
  };
}

/** Before the step in the name of a command: what it does to the step. */
const UNDO = 'undo:';
const CANCEL = 'cancel:';

function commandView({ step, progress, ...command }: CommandRecord): CommandView {
  const undo = step.startsWith(UNDO);
  const prefix = undo ? UNDO : step.startsWith(CANCEL) ? CANCEL : '';
  return { ...command, step: step.slice(prefix.length), undo, progress };
}

/** A wish that the controller has taken up is in the journal. */
function takenCancel({ events }: OperationRecord): { at: string; by: string } | null {
  const taken = events.findLast(({ event }) => event.kind === 'cancel-requested');
  return taken?.event.kind === 'cancel-requested' ? { at: taken.at, by: taken.event.by } : null;
}

const wish = (at: Date | null, by: string | null) => (at === null || by === null ? null : { at: at.toISOString(), by });
