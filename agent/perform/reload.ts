import { PerformFailed, PerformRefused } from './performer.ts';
import type { Performer } from './performer.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import { pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { reloadServer } from './postgres/config/auto-conf.ts';

const RELOAD_DEADLINE_MS = 5000;
const RELOAD_POLL_MS = 5;
const LOADED_AT = 'select (extract(epoch from pg_conf_load_time()) * 1000000)::bigint::text as at';
const FAULTY = `select format('%s line %s: %s', sourcefile, sourceline, error) as fault from pg_file_settings where error is not null
  and error <> 'setting could not be applied' limit 5`;
const PENDING = 'select name from pg_settings where pending_restart order by name limit 128';

export const perform: Performer<'reload'> = (_args, context) =>
  withControl(context, async (session) => {
    const mayReadFile = await session.query(`select 1 where has_table_privilege('pg_file_settings', 'select')
      and has_function_privilege('pg_show_all_file_settings()', 'execute')`);
    const faults = mayReadFile.length === 0 ? [] : await session.query<{ fault: string }>(FAULTY);
    if (faults.length > 0)
      throw new PerformRefused(
        'precondition-failed',
        `The configuration has a fault; a reload would change nothing. Mend ${faults.map(({ fault }) => fault).join('; ')}`,
      );
    const [before] = await session.query<{ at: string }>(LOADED_AT);
    reloadServer(dataDirectoryOf(context.instance));
    const untilMs = untilWithin(context, RELOAD_DEADLINE_MS);
    const loaded = await pollUntil({ signal: context.signal, untilMs, everyMs: RELOAD_POLL_MS }, async () => {
      const [now] = await session.query<{ at: string }>(LOADED_AT);
      return now?.at === before?.at ? null : true;
    });
    if (loaded === null)
      throw new PerformFailed(
        'server-error',
        'PostgreSQL was told to reload and did not. Look in its log for a fault in its configuration.',
        null,
      );
    const pending = await session.query<{ name: string }>(PENDING);
    return { pendingRestart: pending.map(({ name }) => name) };
  });
