/** Which controllers run now: for the about page and for support. */
import type { ControllerReport } from '../../domain/own-health/model.ts';
import { jsonText } from '../ground/json-batch.ts';
import type { Queryable } from '../ground/pool.ts';

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
