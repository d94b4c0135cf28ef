import { PerformRefused } from './performer.ts';
import type { Performer } from './performer.ts';
import { ServerError, withControl } from './postgres/connection/control-connection.ts';
import { pollUntil, untilWithin } from './postgres/connection/waiting.ts';

/** A standby that was just moved elsewhere lets go of its slot a moment later. */
const RELEASE_WAIT_MS = 3000;
const RELEASE_POLL_MS = 50;
const OBJECT_IN_USE = '55006';
const UNDEFINED_OBJECT = '42704';

export const perform: Performer<'drop-slot'> = ({ slot }, context) =>
  withControl(context, async (session) => {
    const existing = await session.query('select 1 from pg_replication_slots where slot_name = $1', [slot]);
    if (existing.length === 0) return { existed: false };
    const untilMs = untilWithin(context, RELEASE_WAIT_MS);
    const dropped = await pollUntil({ signal: context.signal, untilMs, everyMs: RELEASE_POLL_MS }, async () => {
      try {
        await session.query('select pg_drop_replication_slot($1)', [slot]);
        return true;
      } catch (error) {
        if (error instanceof ServerError && error.sqlState === UNDEFINED_OBJECT) return true;
        if (error instanceof ServerError && error.sqlState === OBJECT_IN_USE) return null;
        throw error;
      }
    });
    if (dropped !== null) return { existed: true };
    throw new PerformRefused(
      'precondition-failed',
      `The slot ${slot} is in use: something streams through it. Stop or move its standby first.`,
    );
  });
