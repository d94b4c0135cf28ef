import { lsnBytes } from '../observe/lsn.ts';
import { PerformRefused } from './performer.ts';
import type { Performer } from './performer.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import type { ControlSession } from './postgres/connection/control-connection.ts';

interface Slot {
  name: string;
  type: 'physical' | 'logical';
  active: boolean;
  walStatus: string | null;
  restartLsn: string | null;
}

const FIND = `select slot_name::text as name, slot_type as type, active, wal_status as "walStatus", restart_lsn::text as "restartLsn"
  from pg_replication_slots where slot_name = $1`;
const CREATE = 'select lsn::text from pg_create_physical_replication_slot($1, true)';

const find = async (session: ControlSession, name: string): Promise<Slot | null> =>
  (await session.query<Slot & Record<string, unknown>>(FIND, [name]))[0] ?? null;

/** A slot whose WAL is gone protects nothing any more: it is made again. */
async function present(session: ControlSession, name: string): Promise<Slot> {
  const existing = await find(session, name);
  if (existing?.type === 'logical')
    throw new PerformRefused(
      'precondition-failed',
      `There is a logical slot named ${name} on this node. Drop or rename it: the name is that of a standby.`,
    );
  const lost = existing !== null && !existing.active && (existing.walStatus === 'lost' || existing.restartLsn === null);
  if (lost) await session.query('select pg_drop_replication_slot($1)', [name]);
  if (existing === null || lost) await session.query(CREATE, [name]);
  const made = await find(session, name);
  if (made === null) throw new PerformRefused('precondition-failed', `The slot ${name} was dropped by somebody else just now. Try again.`);
  return made;
}

async function advance(session: ControlSession, slot: Slot, lsn: string | null): Promise<void> {
  // An active slot is moved by its own standby, and no slot ever goes back.
  if (lsn === null || slot.active || slot.restartLsn === null || lsnBytes(lsn) <= lsnBytes(slot.restartLsn)) return;
  // Beyond what this node has itself the server stops by its own.
  await session.query('select pg_replication_slot_advance($1, $2::pg_lsn)', [slot.name, lsn]);
}

/** Standbys keep slots too: WAL from the last restartpoint on is held from the moment the slot is made. */
export const perform: Performer<'prepare-slots'> = ({ slots }, context) =>
  withControl(context, async (session) => {
    const prepared = [];
    for (const { name, lsn } of slots) {
      await advance(session, await present(session, name), lsn);
      prepared.push({ name, restartLsn: (await find(session, name))?.restartLsn ?? null });
    }
    return { slots: prepared };
  });
