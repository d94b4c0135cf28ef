import type { Performer } from './performer.ts';
import { withControl } from './postgres/control-connection.ts';

/** On a standby this is a restartpoint, which may find nothing new to do. */
export const perform: Performer<'checkpoint'> = (_args, context) =>
  withControl(context, async (session) => {
    const startedAtMs = performance.now();
    await session.query('CHECKPOINT');
    const tookMs = performance.now() - startedAtMs;
    const [row] = await session.query<{ redo: string }>('select redo_lsn::text as redo from pg_control_checkpoint()');
    return { tookMs, redoLsn: row?.redo ?? null };
  });
