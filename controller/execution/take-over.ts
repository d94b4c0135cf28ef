/**
 * Ends operations that are in the way of a failover, in the transaction in which that begins: their journals say by whom and what they
 * leave, their open commands are revoked, and what an agent is doing for them is cancelled.
 */
import { appendAudit } from '../../lib/audit/append.ts';
import { commandsOf, insertCommands, resolveOpenCommands } from '../../lib/db/operations/agent-commands.ts';
import type { CommandRow, NewCommand } from '../../lib/db/operations/agent-commands.ts';
import { loadDriven, loadEvents, moveOperation, writeAdvance } from '../../lib/db/operations/operations.ts';
import type { DrivenOperation } from '../../lib/db/operations/operations.ts';
import type { Queryable } from '../../lib/db/ground/pool.ts';
import type { UnderWay } from '../../lib/domain/operation/lanes.ts';
import { replay } from '../../lib/domain/operation/machine/machine.ts';
import { listed } from '../../lib/domain/operation/plan/planned.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type { OperationEvent, Plan, RecordedEvent, Run } from '../../lib/domain/operation/model.ts';
import { emptyAdvance } from './advance.ts';
import { CANCEL_DEADLINE_MS, CANCEL_STEP, makeCommand, revoked } from './agent-step.ts';
import type { DriveOptions } from './drive-options.ts';

export type Continued = NonNullable<Extract<OperationEvent, { kind: 'started' }>['continues']>[number];

/** An operation that was to be ended continues. */
export class MovedOn extends Error {
  override name = 'MovedOn';

  constructor(operation: string, options?: ErrorOptions) {
    super(`Operation ${operation} moved on while it was to be taken over.`, options);
  }
}

/** Signs the command that makes an agent stop what it does for `command`; `null` = that node is not registered any more. */
export type MakeCancel = (operation: DrivenOperation, plan: Plan, command: CommandRow) => NewCommand | null;

/** The caller has reserved numbers for the nodes of the cluster. */
export function cancelMaker({ fleet, signer, stamps }: Pick<DriveOptions, 'fleet' | 'signer' | 'stamps'>): MakeCancel {
  return ({ id: operation, clusterId, cluster }, { term }, { id, step, attempt, nodeId }) => {
    const node = fleet.clusters.find((one) => one.id === clusterId)?.nodes.find((one) => one.id === nodeId);
    if (node === undefined) return null;
    const order = { step: `${CANCEL_STEP}${step}`, attempt, verb: 'cancel' as const, args: { command: id }, term };
    return makeCommand({ ...order, node, cluster, operation, deadlineMs: CANCEL_DEADLINE_MS }, signer, stamps.next(node.id));
  };
}

/**
 * @param expected as it was judged: one that continues is not ended.
 * @returns `null`: it has ended meanwhile, and nothing was written. Throws when it moved on since; then all of this is judged again.
 */
export async function takeOver(
  client: Queryable,
  expected: Pick<UnderWay, 'id' | 'state' | 'waitsFor'>,
  by: DrivenOperation,
  at: Date,
  makeCancel: MakeCancel,
): Promise<Continued | null> {
  const { id } = expected;
  const operation = await loadDriven(client, id);
  if (operation === null || isEnded(operation.state)) return null;
  const plan = JSON.parse(operation.plan) as Plan;
  const events = await loadEvents(client, id);
  const run = replay(plan, events);
  const leaves = leavesOf(plan, run);
  const reason = `Ended where it stood by a ${by.kind} (${by.id}) that ${by.requestedBy} requested.`;
  const open = (await commandsOf(client, id)).filter(({ resolvedAt }) => resolvedAt === null);
  if (operation.state !== expected.state || (expected.waitsFor.length > 0 && open.length === 0)) throw new MovedOn(id);
  const event: OperationEvent = { kind: 'ended', state: 'failed', reason, takenOverBy: by.id, leaves };
  const recorded: RecordedEvent = { sequence: run.lastSequence + 1, at: at.toISOString(), event };
  try {
    await writeAdvance(client, { ...emptyAdvance(id), events: [recorded] });
  } catch (error) {
    // Its driver, not another controller of this operation: that is judged again.
    throw new MovedOn(id, { cause: error });
  }
  await resolveOpenCommands(client, id, revoked('Its operation was ended by another; nobody waits for it any more.'));
  await insertCommands(
    client,
    open.flatMap((command) => (command.step.startsWith(CANCEL_STEP) ? [] : (makeCancel(operation, plan, command) ?? []))),
  );
  await moveOperation(client, id, { state: 'failed', endedAt: at, outcome: [reason, ...leaves].join(' ') });
  const body = { operation: id, kind: operation.kind, planHash: operation.planHash, takenOverBy: by.id, reason, leaves };
  await appendAudit(client, {
    ...{ at, actor: 'system:controller', action: 'operation.take-over', subject: `cluster:${operation.cluster}`, outcome: 'done', body },
  });
  return { operation: id, kind: operation.kind, writesHeldSince: writesHeldSince(plan, events) };
}

/** Done steps that would have to be rolled back, and running ones whose effect is unknown. */
function leavesOf({ steps }: Plan, run: Run): string[] {
  const titles = (wanted: readonly string[]) =>
    steps.filter((_step, index) => wanted.includes(run.steps[index]?.status ?? 'pending')).map(({ title }) => `“${title}”`);
  const changed = steps.filter(({ id, undo, action }) => {
    const isDone = run.steps.some((state) => state.id === id && state.status === 'done');
    return isDone && (undo !== null || action.by === 'controller');
  });
  const open = titles(['running', 'undoing', 'failed', 'undo-failed']);
  return [
    ...(changed.length === 0 ? [] : [`Done and not rolled back: ${listed(changed.map(({ title }) => `“${title}”`))}.`]),
    ...(open.length === 0 ? [] : [`Begun, with an unknown effect: ${listed(open)}.`]),
  ];
}

/** Since its first critical step began, unless its last one ended it: then clients are served again. */
function writesHeldSince(plan: Plan, events: readonly RecordedEvent[]): string | null {
  const critical = plan.steps.filter(({ phase }) => phase === 'critical').map(({ id }) => id);
  const began = events.find(({ event }) => event.kind === 'step-started' && !event.undo && critical.includes(event.step));
  const isOver = critical.every((id) => events.some(({ event }) => event.kind === 'step-done' && !event.undo && event.step === id));
  return began === undefined || isOver ? null : began.at;
}
