/** Slots and disks of one cluster: what its page and `GET /api/v1/clusters/:slug/slots` show. */
import type { Actor } from '../domain/policy/permissions.ts';
import { ruleContext } from '../domain/findings/rule.ts';
import { evaluateRpo } from '../domain/lag/rpo.ts';
import type { SlotBoard } from '../domain/slots/board.ts';
import { slotBoard } from '../domain/slots/board.ts';
import { assembleTopology } from '../domain/topology/assemble.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { readClusterReports } from './cluster-reports.ts';

export interface SlotsAnswer {
  slug: string;
  name: string;
  /** The server's clock as the answer was made. */
  serverTime: string;
  /** When the controller evaluated the cluster last; `null`: never. The findings are from then, the rest from the latest reports. */
  evaluatedAt: string | null;
  board: SlotBoard;
}

/** Computed anew from the latest reports with the rules that make the findings; `null` when there is no such cluster. */
export async function readSlots(
  actor: Actor,
  slug: string,
  nowMs = Date.now(),
  db: Queryable = webDatabase(),
): Promise<SlotsAnswer | null> {
  const reports = await readClusterReports(actor, slug, nowMs, { rates: true }, db);
  if (reports === null) return null;
  const { input, view } = reports;
  const topology = assembleTopology(input, nowMs);
  const context = ruleContext(input, topology, evaluateRpo(input, topology, nowMs), nowMs);
  const board = slotBoard(context, view?.findings ?? []);
  return { slug: input.slug, name: input.name, serverTime: board.computedAt, evaluatedAt: view?.computedAt ?? null, board };
}
