/**
 * Says what a node may do by the leadership it knows of, and how it could be brought back: for its page and for the plan of a reversion.
 */
import { readPlanningInput } from '../../db/operations/planning-input.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import type { NodeStanding } from '../../domain/operation/plan/node-standing.ts';
import { nodeStanding } from '../../domain/operation/plan/node-standing.ts';
import { authorise } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { canBeName } from '../../domain/topology/slug.ts';

/** `null`: there is no such node for this actor, or no controller has looked at its cluster yet. */
export async function readNodeStanding(
  actor: Actor,
  slug: string,
  name: string,
  nowMs: number = Date.now(),
  db: Queryable = webDatabase(),
): Promise<NodeStanding | null> {
  if (!authorise(actor, 'cluster.read', { cluster: slug })) return null;
  if (!canBeName(slug) || !canBeName(name)) return null;
  const input = await readPlanningInput(db, slug, nowMs);
  return input === null ? null : nodeStanding(input, name);
}
