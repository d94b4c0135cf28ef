/** How many findings are open across the fleet: the figure beside “Findings” in the header. */
import type { Actor } from '../domain/policy/permissions.ts';
import type { Severity } from '../domain/findings/model.ts';
import { webDatabase } from '../db/web-database.ts';
import type { Queryable } from '../db/web-database.ts';
import { authorise } from './authorise.ts';

export type OpenFindingCounts = Record<Severity, number>;

export async function countOpenFindings(actor: Actor, db: Queryable = webDatabase()): Promise<OpenFindingCounts> {
  authorise(actor, 'cluster.read');
  const { rows } = await db.query<{ severity: Severity; count: number }>(
    `SELECT f.severity, count(*)::int AS count FROM finding f JOIN cluster c ON c.id = f.cluster_id
      WHERE f.resolved_at IS NULL AND c.retired_at IS NULL GROUP BY f.severity`,
  );
  const counts: OpenFindingCounts = { critical: 0, warning: 0, info: 0 };
  for (const row of rows) if (Object.hasOwn(counts, row.severity)) counts[row.severity] = row.count;
  return counts;
}
