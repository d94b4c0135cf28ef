/** Lists what `pg_rewind` would lack on this node, as far as reading can tell. */
import { access, constants as fsConstants } from 'node:fs/promises';
import path from 'node:path';
import type { ControlFacts, Setting } from '../../../lib/agent-contract/facts.ts';
import type { Session } from '../session.ts';

/** The functions that `pg_rewind` calls on its source when it isn't a superuser. */
export const REWIND_FUNCTIONS = [
  'pg_ls_dir(text, boolean, boolean)',
  'pg_stat_file(text, boolean)',
  'pg_read_binary_file(text)',
  'pg_read_binary_file(text, bigint, bigint, boolean)',
] as const;

const GRANTED = `select exists (select from pg_roles r where r.rolcanlogin and not r.rolsuper
  and (select bool_and(has_function_privilege(r.oid, f, 'execute')) from unnest($1::regprocedure[]) f)) as granted`;

/** The part that needs no connection. Pure. */
export function obstaclesInSettings(settings: readonly Setting[], control: ControlFacts): string[] {
  const value = (name: string): string | undefined => settings.find((setting) => setting.name === name)?.value;
  const obstacles: string[] = [];
  if (control.dataChecksumVersion === 0 && value('wal_log_hints') !== 'on') {
    obstacles.push('Neither data checksums nor wal_log_hints are on: set wal_log_hints = on and restart.');
  }
  if (value('full_page_writes') === 'off') obstacles.push('full_page_writes is off: set it on and reload.');
  return obstacles;
}

/** All obstacles found; empty = none. Throws the server's error. */
export async function readRewindObstacles(
  session: Session,
  settings: readonly Setting[],
  control: ControlFacts,
  binDirectory: string,
  deadlineMs: number,
): Promise<string[]> {
  const obstacles = obstaclesInSettings(settings, control);
  const binary = path.join(binDirectory, 'pg_rewind');
  const runs = await access(binary, fsConstants.X_OK).then(
    () => true,
    () => false,
  );
  if (!runs) obstacles.push(`${binary} is missing or can't be run by the agent.`);
  const [row] = await session.query<{ granted: boolean }>({ text: GRANTED, values: [[...REWIND_FUNCTIONS]] }, deadlineMs);
  if (row?.granted !== true) {
    obstacles.push(
      'No role that may log in and is no superuser has EXECUTE on the functions that pg_rewind reads through (see docs/agent.md).',
    );
  }
  return obstacles;
}
