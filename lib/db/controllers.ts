/** Which controllers run now: for the about page and for support. */
import { jsonText } from './json-batch.ts';
import type { Queryable } from './pool.ts';

/** How a controller is doing. Public facts only; `null` = unknown. */
export interface ControllerReport {
  /** Sentences; empty = nothing is wrong. */
  problems: string[];
  samplesPerSecond: number;
  queuedSamples: number;
  /** Samples that no table had room for since the start: refused, expired or of nodes that are gone. */
  droppedSamples: number;
  /** Age of the newest cluster view at the moment of the report; `null` when it does not lead, or nothing was evaluated yet. */
  viewsAgeMs: number | null;
  residentBytes: number;
  /** The volume of FARSHORE_DIR: keys, and the private control database where there is one. */
  disk: { freeBytes: number; sizeBytes: number } | null;
  privateDatabase: boolean;
  retention: { rawMs: number; tier10Ms: number; tier60Ms: number; tier600Ms: number };
}

export interface ControllerBeat {
  id: string;
  host: string;
  version: string;
  startedAt: Date;
  at: Date;
  leader: boolean;
  report: ControllerReport | null;
}

/** Controllers that ended without a word are forgotten after this long. */
const FORGET_AFTER_SECONDS = 3_600;

/** Notes that this controller runs. Call it every few seconds. */
export async function beatController(client: Queryable, beat: ControllerBeat): Promise<void> {
  await client.query(
    `INSERT INTO controller_instance (id, host, version, started_at, heartbeat_at, leader, report) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, leader = excluded.leader, report = excluded.report`,
    [beat.id, beat.host, beat.version, beat.startedAt, beat.at, beat.leader, beat.report === null ? null : jsonText(beat.report)],
  );
  await client.query(
    `DELETE FROM controller_instance WHERE heartbeat_at < $1::timestamptz - make_interval(secs => ${FORGET_AFTER_SECONDS})`,
    [beat.at],
  );
}

/** Takes a controller that ends in good order off the list. */
export async function forgetController(client: Queryable, id: string): Promise<void> {
  await client.query('DELETE FROM controller_instance WHERE id = $1', [id]);
}

/** The controllers that were seen in the last hour, newest start first. */
export async function listControllers(client: Queryable): Promise<ControllerBeat[]> {
  const { rows } = await client.query<ControllerBeat>(
    `SELECT id, host, version, started_at AS "startedAt", heartbeat_at AS at, leader, report FROM controller_instance
     ORDER BY started_at DESC LIMIT 100`,
  );
  return rows;
}
