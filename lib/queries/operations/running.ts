/** Reads the operations in progress on a cluster, for its pages. */
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import type { MaintenanceView, OperationView } from '../../domain/operation/answers/answers.ts';
import { ENDED_STATES, OPERATION_STATES } from '../../domain/operation/model.ts';
import type { OperationState } from '../../domain/operation/model.ts';
import { canBeName } from '../../domain/topology/slug.ts';
import { authorise } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { readMaintenances, readOperations } from './list.ts';
import { readOperation } from './operation.ts';

const ENDED: readonly OperationState[] = ENDED_STATES;
const UNDER_WAY = OPERATION_STATES.filter((state) => !ENDED.includes(state));

/** The operation of this cluster that has not ended, of which there is one at most, and the work that is announced on it. */
export async function readRunning(
  actor: Actor,
  slug: string,
  nowMs: number = Date.now(),
  db: Queryable = webDatabase(),
): Promise<{ serverTime: string; running: OperationView | null; maintenance: MaintenanceView[] }> {
  const isAbsent = !authorise(actor, 'cluster.read', { cluster: slug }) || !canBeName(slug);
  if (isAbsent) return { serverTime: new Date(nowMs).toISOString(), running: null, maintenance: [] };
  const { serverTime, operations } = await readOperations(actor, { cluster: slug, states: UNDER_WAY, limit: 1 }, nowMs, db);
  const found = operations[0];
  const [running, maintenance] = await Promise.all([
    found === undefined ? null : readOperation(actor, found.id, nowMs, db),
    readMaintenances(actor, slug, new Date(nowMs), db),
  ]);
  return { serverTime, running, maintenance };
}
