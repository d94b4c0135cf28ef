/**
 * Parameters that a standby must have as high as its primary had them where it replays. From PostgreSQL 14, replay stands still at a higher one
 * (it counts as paused), and resuming, promoting or a restart ends the server: documentation, “Hot Standby › Administrator's Overview”.
 */
import { PerformRefused } from '../../performer.ts';
import type { PerformContext } from '../../performer.ts';
import type { ControlSession } from '../connection/control-connection.ts';
import { settingAtStart } from './configured-setting.ts';
import { controlDataText } from './control-data.ts';

/** Parameter → its line in what pg_controldata prints. */
const LINES = {
  max_connections: 'max_connections setting',
  max_worker_processes: 'max_worker_processes setting',
  max_wal_senders: 'max_wal_senders setting',
  max_prepared_transactions: 'max_prepared_xacts setting',
  max_locks_per_transaction: 'max_locks_per_xact setting',
} as const;
type Parameter = keyof typeof LINES;
const PARAMETERS = Object.keys(LINES) as Parameter[];

/** Parameters that are too low, as “max_connections is 50 here and 130 in the WAL”. Pure. @param needed `pg_controldata`, LC_ALL=C. `null`: it can't be told. */
export function tooLow(needed: string, own: (name: Parameter) => number | null): string[] | null {
  const found: string[] = [];
  for (const name of PARAMETERS) {
    const there = Number(new RegExp(`^${LINES[name]}:\\s*(\\d+)$`, 'm').exec(needed)?.[1] ?? Number.NaN);
    const here = own(name);
    if (!Number.isInteger(there) || here === null || !Number.isInteger(here)) return null;
    if (here < there) found.push(`${name} is ${here} here and ${there} in the WAL`);
  }
  return found;
}

function refuseTooLow(found: string[] | null, would: string): void {
  if (found === null)
    throw new PerformRefused(
      'precondition-failed',
      `Whether parameters of this standby are too low can't be read, and if they are, ${would}. Run pg_controldata on it, and compare. Nothing was changed.`,
    );
  if (found.length > 0)
    throw new PerformRefused(
      'precondition-failed',
      `${found.join(', ')}: ${would}. Raise that on this standby and restart it; replay continues then. Nothing was changed.`,
    );
}

/** Resumes replay that somebody paused. @throws {PerformRefused} when PostgreSQL paused it for a parameter: resumed, the server would shut down. */
export async function resumeReplay(context: PerformContext, session: ControlSession): Promise<void> {
  const rows = await session.query<{ name: string; setting: string }>('select name, setting from pg_settings where name = any($1)', [
    PARAMETERS,
  ]);
  const own = new Map(rows.map(({ name, setting }) => [name, Number(setting)]));
  const needed = await controlDataText(context.instance);
  refuseTooLow(
    needed === null ? null : tooLow(needed, (name) => own.get(name) ?? null),
    'replay stands still there, and resumed, the server would shut down',
  );
  await session.query('select pg_wal_replay_resume()');
}

/** @throws {PerformRefused} when a standby, stopped now, would not start with the settings that stand in its configuration. */
export async function refuseTooLowAtStart(context: PerformContext): Promise<void> {
  const needed = await controlDataText(context.instance);
  const own = new Map<string, number>();
  for (const name of PARAMETERS) {
    const value = await settingAtStart(context, name);
    if (value !== null) own.set(name, Number(value));
  }
  refuseTooLow(needed === null ? null : tooLow(needed, (name) => own.get(name) ?? null), 'it would not start as a standby');
}
