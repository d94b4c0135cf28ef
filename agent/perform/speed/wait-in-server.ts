/**
 * Waiting for what only PostgreSQL can tell, in PostgreSQL: a question from here every two milliseconds takes the processor from the very
 * thing that is waited for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerError } from '../postgres/connection/control-connection.ts';
import type { ControlSession } from '../postgres/connection/control-connection.ts';

const LOOK_EVERY_MS = 2;
/** Short, because the snapshot that the statement holds may keep replay on a standby waiting. */
const LOOKS = 5;
/** Between two such waits: the server has done the waiting. */
export const AGAIN_AT_ONCE_MS = 0;
/** undefined_object: somebody has dropped plpgsql from this database. */
const NO_SUCH_LANGUAGE = '42704';

/**
 * Returns when the SQL condition holds, or ten milliseconds later. The caller looks again in any case.
 * @param condition a constant of the program, never text from elsewhere.
 */
export async function waitInServer(session: ControlSession, condition: string): Promise<void> {
  const pause = `perform pg_sleep(${LOOK_EVERY_MS / 1000})`;
  try {
    await session.query(`do $$ begin for look in 1 .. ${LOOKS} loop exit when ${condition}; ${pause}; end loop; end $$`);
  } catch (error) {
    if (!(error instanceof ServerError) || error.sqlState !== NO_SUCH_LANGUAGE) throw error;
    await sleep(LOOK_EVERY_MS);
  }
}
