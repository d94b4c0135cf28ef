/** Reads the slot board of one cluster: what its page and `GET /api/v1/clusters/:slug/slots` show. */
import { authorise } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { SlotBoard } from '../domain/slots/board.ts';
import { canBeName } from '../domain/topology/slug.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { findClusterBoards } from '../db/samples/cluster-latest.ts';

export interface SlotsAnswer {
  slug: string;
  name: string;
  /** The server's clock as the answer was made. */
  serverTime: string;
  /** When the controller evaluated the cluster last; `null`: never. */
  evaluatedAt: string | null;
  /** As the leading controller computed it, by the rules that make the findings; `null`: not yet. */
  board: SlotBoard | null;
}

/** `null` when there is no such cluster for this actor. */
export async function readSlots(
  actor: Actor,
  slug: string,
  nowMs = Date.now(),
  db: Queryable = webDatabase(),
): Promise<SlotsAnswer | null> {
  if (!authorise(actor, 'cluster.read', { cluster: slug })) return null;
  const found = canBeName(slug) ? await findClusterBoards(db, slug, 'slots') : null;
  if (found === null) return null;
  const { name, evaluatedAt, slots } = found;
  return { slug: found.slug, name, serverTime: new Date(nowMs).toISOString(), evaluatedAt, board: slots };
}
