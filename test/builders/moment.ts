/** The moment at which built clusters are looked at, and where an idle primary's WAL stands at any moment around it. */
import { formatLsn } from '../../lib/domain/postgres/lsn.ts';

export const NOW_MS = Date.parse('2026-11-20T12:00:00.000Z');

const START_LSN = 0x3000060n;
const START_MS = NOW_MS - 3_600_000;
/** WAL of one heartbeat a second. */
const HEARTBEAT_BYTES = 128n;

export const iso = (atMs: number) => new Date(atMs).toISOString();

/** The flush position of a primary that writes nothing but its heartbeat. */
export function idleLsnAt(atMs: number): bigint {
  return START_LSN + HEARTBEAT_BYTES * BigInt(Math.floor((atMs - START_MS) / 1000));
}

export const idleLsnTextAt = (atMs: number) => formatLsn(idleLsnAt(atMs));
