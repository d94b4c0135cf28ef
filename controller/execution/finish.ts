/** Writes the start and the end of an operation: the journal, its row, and the audit log, in one transaction each. */
import type pg from 'pg';
import { appendAudit } from '../../lib/audit/append.ts';
import type { AuditOutcome } from '../../lib/audit/append.ts';
import type { LossLedger } from '../../lib/agent-contract/loss-ledger.ts';
import { resolveOpenCommands } from '../../lib/db/operations/agent-commands.ts';
import { decisionsOf, moveOperation, writeAdvance } from '../../lib/db/operations/operations.ts';
import type { Artifact, DrivenOperation } from '../../lib/db/operations/operations.ts';
import { inTransaction, type Queryable } from '../../lib/db/ground/pool.ts';
import type { Measured, OperationState, Plan, RecordedEvent } from '../../lib/domain/operation/model.ts';
import type { Claim, UnderWay } from '../../lib/domain/operation/lanes.ts';
import { emptyAdvance } from './advance.ts';
import { revoked } from './agent-step.ts';
import { takeOver } from './take-over.ts';
import type { Continued, MakeCancel } from './take-over.ts';

const ACTOR = 'system:controller';
const ACTION = 'operation.run';

/** Somebody rejected it while it was judged. */
export class RejectedMeanwhile extends Error {
  override name = 'RejectedMeanwhile';
}

/**
 * Both are committed before the first effect leaves. Throws RejectedMeanwhile (nothing is written, a taken-over operation continues), or
 * the database's refusal when another operation began on the same nodes.
 */
export async function recordStart(
  pool: pg.Pool,
  operation: DrivenOperation,
  plan: Plan,
  event: RecordedEvent,
  occupies: { claim: Claim; takes: readonly UnderWay[]; makeCancel: MakeCancel },
): Promise<RecordedEvent> {
  const at = new Date(event.at);
  return await inTransaction(pool, async (client) => {
    const continues: Continued[] = [];
    for (const one of occupies.takes)
      continues.push(...[await takeOver(client, one, operation, at, occupies.makeCancel)].filter((taken) => taken !== null));
    const started = continues.length === 0 ? event : { ...event, event: { ...event.event, continues } as RecordedEvent['event'] };
    await writeAdvance(client, { ...emptyAdvance(operation.id), events: [started] });
    await moveOperation(client, operation.id, { state: 'running', startedAt: at, claim: occupies.claim });
    // From the move on, which locks the row, nobody can decide any more.
    const decisions = await decisionsOf(client, operation.id);
    if (decisions.some(({ decision }) => decision === 'rejected')) throw new RejectedMeanwhile(`Operation ${operation.id} was rejected.`);
    const approvals = decisions.map(({ by, decision }) => ({ by, decision }));
    const { summary, term } = plan;
    await audit(client, operation, at, 'started', { summary, term, approvals, continues });
    return started;
  });
}

/**
 * The last event, what was measured, and how it ended. A command that no agent has fetched or answered, as when somebody gave up, is
 * revoked: an agent that comes back minutes later must not begin it.
 */
export async function recordEnd(
  pool: pg.Pool,
  operation: DrivenOperation,
  event: RecordedEvent,
  end: { state: OperationState; reason: string; measured: Measured | null; followUps: readonly string[] },
): Promise<void> {
  const at = new Date(event.at);
  const { state, reason, measured, followUps } = end;
  await inTransaction(pool, async (client) => {
    await writeAdvance(client, { ...emptyAdvance(operation.id), events: [event] });
    await resolveOpenCommands(client, operation.id, revoked('Its operation has ended; nobody waits for it any more.'));
    await moveOperation(client, operation.id, { state, endedAt: at, outcome: reason, ...(measured === null ? {} : { measured }) });
    await audit(client, operation, at, outcomeWord(state, measured !== null), { state, outcome: reason, measured, followUps });
  });
}

/** `refused`: nothing was begun. `failed`: it was, and did not come to its end. */
function outcomeWord(state: OperationState, hadBegun: boolean): AuditOutcome {
  if (state === 'done') return 'done';
  return hadBegun ? 'failed' : 'refused';
}

async function audit(
  client: Queryable,
  operation: DrivenOperation,
  at: Date,
  outcome: AuditOutcome,
  body: Record<string, unknown>,
): Promise<void> {
  const { id, cluster, kind, planHash, requestedBy, reason, ticket } = operation;
  const about = { operation: id, kind, planHash, requestedBy, reason, ticket };
  await appendAudit(client, { at, actor: ACTOR, action: ACTION, subject: `cluster:${cluster}`, outcome, body: { ...about, ...body } });
}

/** The ledger of what only the old primary had, for people (CSV) and programs (JSON). */
export function ledgerArtifacts(ledger: LossLedger): Artifact[] {
  const name = `loss-ledger-${ledger.node}`;
  const header = ['database', 'relation', 'change', 'transaction', 'row'];
  const lines = (ledger.rows ?? []).map(({ database, relation, change, transaction, row }) => [
    database,
    relation,
    change,
    transaction,
    row ?? '',
  ]);
  const csv = [header, ...lines].map((fields) => fields.map(csvField).join(',')).join('\r\n');
  return [
    { name: `${name}.json`, contentType: 'application/json', body: JSON.stringify(ledger, null, 2) },
    { name: `${name}.csv`, contentType: 'text/csv', body: `${csv}\r\n` },
  ];
}

/** Quoted as RFC 4180 says; what a spreadsheet would take for a formula gets a quote before it. */
function csvField(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
