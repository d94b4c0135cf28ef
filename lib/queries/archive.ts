/** Archive and backups of one cluster: what its page and `GET /api/v1/clusters/:slug/archive` show. */
import type { Actor } from '../domain/policy/permissions.ts';
import type { ArchiveBoard } from '../domain/archive/board.ts';
import { archiveBoard } from '../domain/archive/board.ts';
import { sightNodes } from '../domain/topology/sighting.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { readClusterReports } from './cluster-reports.ts';

export interface ArchiveAnswer {
  slug: string;
  name: string;
  /** The server's clock as the answer was made. */
  serverTime: string;
  /** When the controller evaluated the cluster last; `null`: never. The findings are from then, the rest from the latest reports. */
  evaluatedAt: string | null;
  board: ArchiveBoard;
}

/** `null` when there is no such cluster. */
export async function readArchive(
  actor: Actor,
  slug: string,
  nowMs = Date.now(),
  db: Queryable = webDatabase(),
): Promise<ArchiveAnswer | null> {
  const reports = await readClusterReports(actor, slug, nowMs, { rates: false }, db);
  if (reports === null) return null;
  const { input, view } = reports;
  const board = archiveBoard(sightNodes(input, nowMs), view?.findings ?? [], nowMs);
  return { slug: input.slug, name: input.name, serverTime: board.computedAt, evaluatedAt: view?.computedAt ?? null, board };
}
