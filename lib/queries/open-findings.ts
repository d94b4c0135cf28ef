/** How many findings are open on the clusters that somebody reads: the figure beside “Findings” in the header. */
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { Severity } from '../domain/findings/model.ts';
import { isYoungerThan } from '../domain/time/age.ts';
import { VIEW_STALE_MS } from '../domain/topology/age.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { countOpenBySeverity } from '../db/records/findings.ts';
import { newestEvaluation } from '../db/samples/cluster-latest.ts';

export type OpenFindingCounts = Record<Severity, number>;

/** `null` while nobody evaluates: then neither a count nor its absence says anything about now. */
export async function countOpenFindings(actor: Actor, nowMs: number, db: Queryable = webDatabase()): Promise<OpenFindingCounts | null> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const { clusters, newest } = await newestEvaluation(db, readable);
  if (clusters > 0 && !isYoungerThan(newest?.getTime() ?? null, VIEW_STALE_MS, nowMs)) return null;
  const counts: OpenFindingCounts = { critical: 0, warning: 0, info: 0 };
  for (const row of await countOpenBySeverity(db, readable)) if (Object.hasOwn(counts, row.severity)) counts[row.severity] = row.count;
  return counts;
}
