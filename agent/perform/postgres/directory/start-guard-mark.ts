/**
 * The mark that keeps a stopped former primary from ever becoming writable again, no matter who starts it: a `standby.signal` of the agent's own
 * making. The agent may be late, or gone; PostgreSQL itself reads the file before it takes the first connection. It is told by its text from
 * a standby's own signal file, which PostgreSQL does not read the text of.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from '../../../journal/atomic-file.ts';
import { writeAutoConf } from '../config/auto-conf.ts';
import type { SettingChanges } from '../config/auto-conf.ts';

const MARK = 'Farshore holds this node';
const TEXT = `${MARK}: another node leads its cluster, or is to. Started like this it is read only. Bring it back with a reversion.\n`;

/**
 * A server that is started by hand stays on its own line, and goes by nobody's WAL: following the archive onto the new line would mix
 * the pages of both.
 */
const HELD: SettingChanges = { recovery_target_timeline: 'current', primary_conninfo: '' };

export const signalFileOf = (dataDirectory: string): string => path.join(dataDirectory, 'standby.signal');

/** True if the signal file is the agent's mark, and not a standby's. */
export function isHeld(dataDirectory: string): boolean {
  try {
    return readFileSync(signalFileOf(dataDirectory), 'utf8').startsWith(MARK);
  } catch {
    return false;
  }
}

/**
 * Marks the directory of a server that does not run. Durable on return. A standby, an empty directory and one that is held already stay
 * as they are. @returns whether the mark was made.
 */
export function leaveHold(dataDirectory: string): boolean {
  if (!existsSync(path.join(dataDirectory, 'PG_VERSION')) || existsSync(signalFileOf(dataDirectory))) return false;
  writeFileAtomically(signalFileOf(dataDirectory), TEXT, 0o600);
  writeAutoConf(dataDirectory, HELD);
  return true;
}

/** Takes the mark away: only for a server that leads again, or whose directory is being brought onto the new line. @returns whether there was one. */
export function releaseHold(dataDirectory: string): boolean {
  if (!isHeld(dataDirectory)) return false;
  writeAutoConf(dataDirectory, Object.fromEntries(Object.keys(HELD).map((name) => [name, null])));
  rmSync(signalFileOf(dataDirectory));
  return true;
}
