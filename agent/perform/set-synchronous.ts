import type { SynchronousStandbys } from '../../lib/agent-contract/primitives.ts';
import type { Performer } from './performer.ts';
import { applySettings } from './postgres/config/auto-conf.ts';
import { withControl } from './postgres/connection/control-connection.ts';

/** As `synchronous_standby_names` is written; names are quoted, for they hold hyphens. */
export const synchronousText = (synchronous: SynchronousStandbys): string =>
  synchronous === null
    ? ''
    : `${synchronous.method} ${synchronous.required} (${synchronous.standbys.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ')})`;

export const perform: Performer<'set-synchronous'> = ({ synchronous }, context) =>
  withControl(context, async (session) => {
    await applySettings(context, session, { synchronous_standby_names: synchronousText(synchronous) });
    const [row] = await session.query<{ value: string }>(`select current_setting('synchronous_standby_names') as value`);
    return { value: row?.value ?? '' };
  });
