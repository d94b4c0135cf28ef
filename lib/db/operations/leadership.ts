/** The leadership that the evaluator concludes from what is seen, written together with the view that shows it. */
import type { LeadershipSource } from '../../domain/leadership/store.ts';
import { readLeadership, swapLeadership } from './leadership-store.ts';
import { isLeadershipMoving } from './operations.ts';
import type { Queryable } from '../ground/pool.ts';

export interface LeadershipConclusion {
  clusterId: number;
  cluster: string;
  /** The term that it is based on; `null` = there is no record yet. */
  expectedTerm: number | null;
  holder: string | null;
  timeline: number | null;
  sinceMs: number;
  source: LeadershipSource;
}

/**
 * Writes it as the next term, by compare-and-swap. `false`: somebody else changed the leadership meanwhile or an operation is under way,
 * which alone may change it then; nothing was written.
 */
export async function adoptLeadership(client: Queryable, conclusion: LeadershipConclusion): Promise<boolean> {
  const { clusterId, cluster, expectedTerm, holder, timeline, sinceMs, source } = conclusion;
  const current = await readLeadership(client, cluster);
  if (await isLeadershipMoving(client, clusterId)) return false;
  if ((current?.record.term ?? null) !== expectedTerm) return false;
  const term = (expectedTerm ?? 0) + 1;
  const next = { term, holder, timeline, source, operation: null, since: new Date(sinceMs).toISOString() };
  return (await swapLeadership(client, cluster, current?.version ?? null, next)).outcome === 'ok';
}
