/** Reads the archive board of one cluster: what its page and `GET /api/v1/clusters/:slug/archive` show. */
import { authorise } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { ArchiveBoard } from '../domain/archive/board.ts';
import { canBeName } from '../domain/topology/slug.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { findClusterBoards } from '../db/samples/cluster-latest.ts';

export interface ArchiveAnswer {
  slug: string;
  name: string;
  /** The server's clock as the answer was made. */
  serverTime: string;
  /** When the controller evaluated the cluster last; `null`: never. */
  evaluatedAt: string | null;
  /** As the leading controller computed it; `null`: not yet. */
  board: ArchiveBoard | null;
}

/** `null` when there is no such cluster for this actor. */
export async function readArchive(
  actor: Actor,
  slug: string,
  nowMs = Date.now(),
  db: Queryable = webDatabase(),
): Promise<ArchiveAnswer | null> {
  if (!authorise(actor, 'cluster.read', { cluster: slug })) return null;
  const found = canBeName(slug) ? await findClusterBoards(db, slug, 'archive') : null;
  if (found === null) return null;
  const { name, evaluatedAt, archive } = found;
  return { slug: found.slug, name, serverTime: new Date(nowMs).toISOString(), evaluatedAt, board: archive };
}
