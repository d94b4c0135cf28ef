/** Farshore about itself: controllers, the age of its own data, the control database, and what is kept for how long. */
import { listControllers } from '../../db/fleet/controllers.ts';
import { readOwnHealth as loadOwnHealth, readOwnOperations } from '../../db/fleet/own-health.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import type { OwnHealthAnswer } from '../../domain/own-health/model.ts';
import { authorise } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import packageInfo from '../../../package.json' with { type: 'json' };

export async function readOwnHealth(actor: Actor, at: Date, db: Queryable = webDatabase()): Promise<OwnHealthAnswer> {
  authorise(actor, 'cluster.read', 'fleet');
  const { databaseBytes, serverVersion, connections, tables, others, auditEvents, ...ages } = await loadOwnHealth(db);
  const controllers = await listControllers(db);
  return {
    serverTime: at.toISOString(),
    webVersion: packageInfo.version,
    controllers: controllers.map(({ id, host, version, startedAt, at: heartbeatAt, leader, report }) => ({
      ...{ id, host, version, leader, report, startedAt: startedAt.toISOString(), heartbeatAt: heartbeatAt.toISOString() },
    })),
    database: { bytes: databaseBytes, serverVersion, connections, tables, others, auditEvents },
    operations: await readOwnOperations(db),
    newestSampleReceivedAt: ages.newestSampleReceivedAt?.toISOString() ?? null,
    newestViewComputedAt: ages.newestViewComputedAt?.toISOString() ?? null,
    rolledUpAt: ages.rolledUpAt?.toISOString() ?? null,
  };
}
