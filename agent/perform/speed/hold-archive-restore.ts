/** Leaves a standby without restore_command while it is about to be promoted (docs/decisions/0012), or puts it back. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { VerbEvidence } from '../../../lib/agent-contract/verbs.ts';
import { messageOf } from '../../../lib/runtime/error-message.ts';
import type { PerformContext, Performer } from '../performer.ts';
import { holdRestoreCommand, putBackRestoreCommand, readHold } from './restore-command-hold.ts';
import { isTimelineArchived, whyForeignArchive } from '../postgres/config/archive-reader.ts';
import { withControl } from '../postgres/connection/control-connection.ts';
import type { ControlSession } from '../postgres/connection/control-connection.ts';
import { historyFileName } from '../../observe/history-file.ts';
import { dataDirectoryOf } from '../postgres/directory/node-paths.ts';
import { reportOver } from '../postgres/connection/node-report.ts';

const REASON_MAX = 500;
const SETTING = `select setting, context from pg_settings where name = 'restore_command'`;

type Evidence = VerbEvidence<'hold-archive-restore'>;

/** Why the archive must stay in sight, as a sentence; `null` = nothing is lost by not asking it. */
async function whyNotHold(context: PerformContext, session: ControlSession, command: string, reloadable: boolean): Promise<string | null> {
  const { instance, config } = context;
  if (command === '') return 'No restore_command is set: there is nothing to hold.';
  if (!reloadable) return 'Before PostgreSQL 14 restore_command takes effect only with a restart.';
  const report = await reportOver(context, session);
  if (report.inRecovery !== true || report.timeline === null) return 'This node is not a standby whose timeline is known.';
  if (report.receiving !== true) return 'This node receives no WAL now, so that it may need the archive.';
  const foreign = whyForeignArchive(command, config.backup);
  if (foreign !== null) return `Which timelines the archive holds cannot be asked: ${foreign}.`;
  // The new history file is copied from this one; without it the new timeline would seem to have no ancestors.
  const own = historyFileName(report.timeline);
  if (report.timeline > 1 && !existsSync(path.join(dataDirectoryOf(instance), 'pg_wal', own)))
    return `${own} is not in pg_wal, and a promotion fetches it from the archive.`;
  try {
    const next = report.timeline + 1;
    // PostgreSQL counts on from what it finds; what it does not see it would use twice.
    if (await isTimelineArchived(context, next)) return `The archive holds a timeline ${next} already, which the promotion must see.`;
  } catch (error) {
    return `Which timelines the archive holds is unknown: ${messageOf(error)}`;
  }
  return null;
}

async function hold(context: PerformContext): Promise<Evidence> {
  return withControl(context, async (session) => {
    const before = readHold(context.instance);
    const [now] = await session.query<{ setting: string; context: string }>(SETTING);
    const command = now?.setting === '' && before !== null ? before.command : (now?.setting ?? '');
    const reason = await whyNotHold(context, session, command, now?.context === 'sighup');
    if (reason === null) {
      await holdRestoreCommand(context, session, command, new Date().toISOString());
      return { held: true, reason: null };
    }
    await putBackRestoreCommand(context);
    return { held: false, reason: reason.slice(0, REASON_MAX) };
  });
}

export const perform: Performer<'hold-archive-restore'> = async ({ held }, context) => {
  if (held) return hold(context);
  const stood = await putBackRestoreCommand(context);
  return { held: false, reason: stood ? null : 'Nothing was held.' };
};
