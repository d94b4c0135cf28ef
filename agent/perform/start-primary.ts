import { existsSync } from 'node:fs';
import path from 'node:path';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { Performer } from './performer.ts';
import { putBackRestoreCommand } from './speed/restore-command-hold.ts';
import { pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { isHeld, releaseHold } from './postgres/directory/start-guard-mark.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { reportNode } from './postgres/connection/node-report.ts';
import { findPostmaster } from './postgres/process/process-table.ts';
import { refuseUnusable, startServer, stopServer, waitUntilGone } from './postgres/process/server-process.ts';

const RECOVERY_POLL_MS = 20;
/** A postmaster that is on its way out, from the shutdown before. */
const LEAVING_WAIT_MS = 10_000;

/** The caller has made sure that this node holds the leadership. */
export const perform: Performer<'start-primary'> = async (_args, context) => {
  const dataDirectory = dataDirectoryOf(context.instance);
  const signalFile = ['standby.signal', 'recovery.signal'].find((name) => existsSync(path.join(dataDirectory, name)));
  // The mark that this agent left when it stopped the server is taken away below; any other signal file says that it is a standby.
  if (signalFile !== undefined && !isHeld(dataDirectory))
    throw new PerformRefused(
      'precondition-failed',
      `The data directory holds ${signalFile}: the node would start as standby. Start it as standby and promote it instead.`,
    );
  refuseUnusable(context);
  const before = await reportNode(context);
  // Somebody started it by hand while it was held, which gave a read-only server.
  if (before.inRecovery === true && isHeld(dataDirectory)) await stopServer(context);
  else if (before.inRecovery === true)
    throw new PerformRefused('precondition-failed', 'The node runs as a standby. Promote it instead of starting it.');
  if (before.inRecovery === false) return { report: before };
  if (findPostmaster(dataDirectory) !== null) {
    await waitUntilGone(dataDirectory, context.signal, untilWithin(context, LEAVING_WAIT_MS));
  }
  releaseHold(dataDirectory);
  await putBackRestoreCommand(context);
  await startServer(context);
  const untilMs = untilWithin(context);
  const report = await pollUntil({ signal: context.signal, untilMs, everyMs: RECOVERY_POLL_MS }, async () => {
    const now = await reportNode(context);
    return now.inRecovery === false ? now : null;
  });
  if (report === null) throw new PerformFailed('deadline', 'PostgreSQL was started and is not writable yet.', true);
  return { report };
};
