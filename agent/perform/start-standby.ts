import type { Instance } from '../instance.ts';
import type { NodeReport } from '../../lib/agent-contract/node-report.ts';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { putBackRestoreCommand } from './speed/restore-command-hold.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { languageNote } from '../observe/facts/log-language.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import { readControl } from './postgres/directory/control-data.ts';
import type { ControlData } from './postgres/directory/control-data.ts';
import { pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { followUpstream } from './follow.ts';
import { settingAtStart } from './postgres/directory/configured-setting.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { reportNode } from './postgres/connection/node-report.ts';
import { findPostmaster } from './postgres/process/process-table.ts';
import { goneWatch, refuseUnusable, startServer, stopByForce } from './postgres/process/server-process.ts';
import { ServerLogSince } from './postgres/process/server-log.ts';
import { streamVerdict } from './postgres/process/stream-verdict.ts';
import type { StreamVerdict } from './postgres/process/stream-verdict.ts';
import { makeStandbyDirectory } from './postgres/config/standby-settings.ts';
import { isFreshFromRewind } from './postgres/directory/sync-files.ts';

/** A primary that was shut down waits for its archiver and receivers; its last checkpoint is on disk, so nothing is lost by ending it. */
const LEAVING_WAIT_MS = 5000;
const LEAVING_POLL_MS = 10;
const FORCE_GRACE_MS = 1000;
const FORCE_MS = 5000;
/** A server that was rewound and is not up after this may want WAL that only the archive has. */
const WITHOUT_ARCHIVE_MS = 3000;
/** A stream mostly begins within this; one that begins later is seen by a later step. */
const STREAM_WAIT_MS = 1000;
/** A standby that has said once what may mean that it never streams is given so long to say it again, or to stream. */
const SUSPECT_WAIT_MS = 30_000;
const STREAM_POLL_MS = 20;
const LOG_LOOK_MS = 200;

const isFinished = (control: ControlData | null): boolean => control?.state === 'shut down' || control?.state === 'shut down in recovery';

/** Ends a server that is shut down and does not leave. One that is just starting changes its state in pg_control soon, and is kept. */
async function waitForLeavingServer(context: PerformContext): Promise<void> {
  const { instance, signal } = context;
  const dataDirectory = dataDirectoryOf(instance);
  const untilMs = untilWithin(context, LEAVING_WAIT_MS);
  const isGone = goneWatch(dataDirectory);
  const settled = await pollUntil({ signal, untilMs, everyMs: LEAVING_POLL_MS }, async () =>
    isGone() || !isFinished(await readControl(instance)) ? true : null,
  );
  if (settled === null && !signal.aborted) await stopByForce(dataDirectory, FORCE_GRACE_MS, FORCE_MS);
}

/** Watches the server's log for the state of its stream. */
class StreamWatch {
  readonly #log: ServerLogSince;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #verdict: StreamVerdict = { hopeless: null, suspect: false };

  constructor(instance: Instance) {
    this.#log = new ServerLogSince(instance);
  }

  look(): StreamVerdict {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs < LOG_LOOK_MS) return this.#verdict;
    this.#lookedAtMs = nowMs;
    this.#verdict = streamVerdict(this.#log.text);
    return this.#verdict;
  }

  /** Earlier lines count no more: it has the archive again. */
  beginAnew(): void {
    this.#log.beginAnew();
    this.#verdict = { hopeless: null, suspect: false };
  }
}

/** Starts what a rewind left without restore_command, and puts that back as soon as the server is up, or seems to miss it. */
async function startFromOwnWal(context: PerformContext, watch: StreamWatch): Promise<void> {
  const startedAtMs = performance.now();
  let hasArchive = false;
  let putBack: Promise<unknown> | null = null;
  const putBackOnce = (): Promise<unknown> =>
    (putBack ??= putBackRestoreCommand(context)
      .then(() => {
        hasArchive = true;
        watch.beginAnew();
      })
      .catch((error: unknown) => context.log.warn('archive-hold-stays', { message: messageOf(error) })));
  try {
    await startServer(context, () => {
      if (hasArchive) return watch.look().hopeless;
      if (watch.look().suspect || performance.now() - startedAtMs > WITHOUT_ARCHIVE_MS) void putBackOnce();
      return null;
    });
  } finally {
    await putBackOnce();
  }
}

/**
 * Waits a moment for its stream, so that one that never comes is told at once. One that may still come is not waited for here.
 * @throws {PerformFailed} when it never will.
 */
async function seeStream(context: PerformContext, watch: StreamWatch): Promise<NodeReport> {
  const startedAtMs = performance.now();
  const untilMs = untilWithin(context, SUSPECT_WAIT_MS);
  let report = await reportNode(context);
  await pollUntil({ signal: context.signal, untilMs, everyMs: STREAM_POLL_MS }, async () => {
    if (report.receiving !== true) report = await reportNode(context);
    if (report.inRecovery !== true || report.receiving === true) return true;
    const { hopeless, suspect } = watch.look();
    if (hopeless !== null) throw new PerformFailed('wal-missing', `It runs as a standby and will never stream. ${hopeless}`, true);
    return !suspect && performance.now() - startedAtMs > STREAM_WAIT_MS ? true : null;
  });
  return report;
}

export const perform: Performer<'start-standby'> = async ({ upstream, slot }, context) => {
  refuseUnusable(context);
  const dataDirectory = dataDirectoryOf(context.instance);
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
  const watch = new StreamWatch(context.instance);
  await (fromOwnWal ? startFromOwnWal(context, watch) : startServer(context, () => watch.look().hopeless));
  const startMs = performance.now() - startedAtMs;
  const report = await seeStream(context, watch);
  if (report.inRecovery !== true)
    throw new PerformFailed('server-error', 'PostgreSQL was started as a standby and is not in recovery. Look in its log.', true);
  const logLanguage = report.receiving === true ? null : languageNote(await settingAtStart(context, 'lc_messages').catch(() => null));
  return { report, startMs, ...(logLanguage === null ? {} : { logLanguage }) };
};
