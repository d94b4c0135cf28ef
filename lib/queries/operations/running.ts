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

/** Shown at once; the list of operations has all. */
const RUNNING_MAX = 10;

/** The operations of this cluster that have not ended, newest request first, and the work that is announced on it. */
export async function readRunning(
  actor: Actor,
  slug: string,
  nowMs: number = Date.now(),
  db: Queryable = webDatabase(),
): Promise<{ serverTime: string; running: OperationView[]; maintenance: MaintenanceView[] }> {
  const isAbsent = !authorise(actor, 'cluster.read', { cluster: slug }) || !canBeName(slug);
  if (isAbsent) return { serverTime: new Date(nowMs).toISOString(), running: [], maintenance: [] };
  const { serverTime, operations } = await readOperations(actor, { cluster: slug, states: UNDER_WAY, limit: RUNNING_MAX }, nowMs, db);
  const [running, maintenance] = await Promise.all([
    Promise.all(operations.map(({ id }) => readOperation(actor, id, nowMs, db))),
    readMaintenances(actor, slug, new Date(nowMs), db),
  ]);
  return { serverTime, running: running.filter((view) => view !== null), maintenance };
}
