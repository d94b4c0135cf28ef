import { existsSync } from 'node:fs';
import path from 'node:path';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { Performer } from './performer.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { refuseTooLowAtStart } from './postgres/directory/standby-parameters.ts';
import { reportNode } from './postgres/connection/node-report.ts';
import { findPostmaster } from './postgres/process/process-table.ts';
import { refuseUnusable, startServer, stopServer } from './postgres/process/server-process.ts';

/** Fast stop and start. The role does not change: whether the node is a standby is told by the same signal file before and after. */
export const perform: Performer<'restart'> = async (_args, context) => {
  refuseUnusable(context);
  const dataDirectory = dataDirectoryOf(context.instance);
  const before = await reportNode(context);
  if (findPostmaster(dataDirectory) === null)
    throw new PerformRefused('precondition-failed', 'PostgreSQL is not running on this node. Start it as standby or as primary instead.');
  const standbyByFile = existsSync(path.join(dataDirectory, 'standby.signal'));
  if (before.inRecovery !== null && before.inRecovery !== standbyByFile)
    throw new PerformRefused(
      'precondition-failed',
      `The node would come back as ${standbyByFile ? 'standby' : 'primary'}, which it is not now: somebody changed standby.signal in its data directory.`,
    );
  if (standbyByFile) await refuseTooLowAtStart(context);
  const startedAtMs = performance.now();
  await stopServer(context);
  await startServer(context);
  const report = await reportNode(context);
  if (before.inRecovery !== null && report.inRecovery !== null && report.inRecovery !== before.inRecovery)
    throw new PerformFailed('server-error', 'PostgreSQL came back in another role than before.', true);
  return { report, tookMs: performance.now() - startedAtMs };
};
