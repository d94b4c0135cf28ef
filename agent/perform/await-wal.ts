/** Waits for the last WAL of a primary that was shut down, and changes nothing: if it does not come, the old primary is started again. */
import { PerformFailed } from './performer.ts';
import type { Performer } from './performer.ts';
import { withControl } from './postgres/control-connection.ts';
import { reportOver } from './postgres/node-report.ts';
import { requireRoom } from './postgres/room.ts';
import { waitForWal } from './promote.ts';

export const perform: Performer<'await-wal'> = ({ past, waitMs }, context) =>
  withControl(context, async (session) => {
    await requireRoom(context);
    const waitedMs = await waitForWal(session, context, past, waitMs);
    const { receivedLsn, flushLsn } = await reportOver(context, session);
    const lsn = receivedLsn ?? flushLsn;
    if (lsn === null) throw new PerformFailed('server-error', 'The position of the received WAL can not be read.', false);
    return { receivedLsn: lsn, waitedMs };
  });
