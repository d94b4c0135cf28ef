import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { putBackRestoreCommand } from './postgres/archive-hold.ts';
import { messageOf } from '../log.ts';
import { withControl } from './postgres/control-connection.ts';
import { readControl } from './postgres/control-data.ts';
import type { ControlData } from './postgres/control-data.ts';
import { pollUntil, untilWithin } from './postgres/deadline.ts';
import { followUpstream } from './follow.ts';
import { dataDirectoryOf } from './postgres/node-paths.ts';
import { reportNode } from './postgres/node-report.ts';
import { findPostmaster, serverProcesses } from './postgres/process-table.ts';
import { refuseUnusable, startServer, stopByForce } from './postgres/server-process.ts';
import { makeStandbyDirectory } from './postgres/standby-settings.ts';
import { isFreshFromRewind } from './postgres/sync-files.ts';

/** A primary that was shut down waits for its archiver and receivers; its last checkpoint is on disk, so nothing is lost by ending it. */
const LEAVING_WAIT_MS = 5000;
const LEAVING_POLL_MS = 10;
const FORCE_GRACE_MS = 1000;
const FORCE_MS = 5000;
/** A server that was rewound and is not up after this may want WAL that only the archive has. */
const WITHOUT_ARCHIVE_MS = 3000;

const isFinished = (control: ControlData | null): boolean => control?.state === 'shut down' || control?.state === 'shut down in recovery';

/** Ends a server that is shut down and does not leave. One that is just starting changes its state in pg_control soon, and is kept. */
async function waitForLeavingServer(context: PerformContext): Promise<void> {
  const { config, signal } = context;
  const dataDirectory = dataDirectoryOf(config);
  const untilMs = untilWithin(context, LEAVING_WAIT_MS);
  const settled = await pollUntil({ signal, untilMs, everyMs: LEAVING_POLL_MS }, async () =>
    serverProcesses(dataDirectory).length === 0 || !isFinished(await readControl(config)) ? true : null,
  );
  if (settled === null && !signal.aborted) await stopByForce(dataDirectory, FORCE_GRACE_MS, FORCE_MS);
}

/** Starts what a rewind left without restore_command, and puts that back as soon as the server is up, or seems to miss it. */
async function startFromOwnWal(context: PerformContext): Promise<void> {
  let putBack: Promise<unknown> = Promise.resolve();
  const timer = setTimeout(() => {
    putBack = putBackRestoreCommand(context).catch((error: unknown) =>
      context.log.warn('archive-hold-stays', { message: messageOf(error) }),
    );
  }, WITHOUT_ARCHIVE_MS);
  try {
    await startServer(context);
  } finally {
    clearTimeout(timer);
    await putBack;
    await putBackRestoreCommand(context);
  }
}

export const perform: Performer<'start-standby'> = async ({ upstream, slot }, context) => {
  refuseUnusable(context);
  const dataDirectory = dataDirectoryOf(context.config);
  const startedAtMs = performance.now();
  await waitForLeavingServer(context);
  const fromOwnWal = findPostmaster(dataDirectory) === null && isFreshFromRewind(dataDirectory);
  if (!fromOwnWal) await putBackRestoreCommand(context);
  if (findPostmaster(dataDirectory) !== null) {
    const now = await reportNode(context);
    if (now.inRecovery === false)
      throw new PerformRefused(
        'precondition-failed',
        'The node runs as a primary. Stop it first: stop-primary in a switchover, fence otherwise.',
      );
    if (now.inRecovery === true) {
      const report = await withControl(context, (session) => followUpstream(context, session, upstream, slot));
      return { report, startMs: performance.now() - startedAtMs };
    }
  } else {
    makeStandbyDirectory(context, upstream, slot);
  }
  await (fromOwnWal ? startFromOwnWal(context) : startServer(context));
  const report = await reportNode(context);
  if (report.inRecovery !== true)
    throw new PerformFailed('server-error', 'PostgreSQL was started as a standby and is not in recovery. Look in its log.', true);
  return { report, startMs: performance.now() - startedAtMs };
};
