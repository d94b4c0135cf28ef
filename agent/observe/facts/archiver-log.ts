/** The server's own words about a failing archiver: the statistics only count failures, the reason stands in the log. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { ArchiverLog } from '../../../lib/agent-contract/facts.ts';
import { messageOf } from '../../../lib/runtime/error-message.ts';
import { DeadlineError, withDeadline } from '../deadline.ts';
import { redact } from '../redact.ts';
import type { Session } from '../session.ts';
import { whyUnreadable } from './log-language.ts';

const TAIL_BYTES = 256 * 1024;
const READ_DEADLINE_MS = 1000;
const LINES_MAX = 12;
const LINE_CHARACTERS_MAX = 500;
/** Looking for secrets costs time with the length: so much is looked at, and less than that is told, so that none is cut in half. */
const LINE_CHARACTERS_READ_MAX = 2_000;
/** The command's own output is just above the server's line about it. */
const LINES_BEFORE_MAX = 9;

/** As the archiver of any supported version says that it failed. */
const FAILURE = /archive command (failed|was terminated)|archiving write-ahead log file .* failed|archive_mode enabled, yet archiv/;
/** The server's own lines: a severity, a colon and two blanks. What a command printed has no such mark. */
const OF_SERVER = /\b(?:DEBUG[1-5]?|INFO|NOTICE|WARNING|LOG|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION): {2}/;
const DETAIL = /\b(?:DETAIL|HINT): {2}/;

/** The lines of the last failure in a piece of the log, oldest first and without secrets; empty when there is none. Pure. */
export function lastArchiverFailure(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const at = lines.findLastIndex((line) => FAILURE.test(line) && !DETAIL.test(line) && !/failed too many times/.test(line));
  const found = at === -1 ? lines.findLastIndex((line) => FAILURE.test(line)) : at;
  if (found === -1) return [];
  let first = found;
  while (first > 0 && found - first < LINES_BEFORE_MAX && lines[first - 1]!.trim() !== '' && !OF_SERVER.test(lines[first - 1]!)) first -= 1;
  let last = found;
  while (last + 1 < lines.length && DETAIL.test(lines[last + 1]!)) last += 1;
  return lines
    .slice(first, last + 1)
    .slice(-LINES_MAX)
    .map((line) => redact(line.slice(0, LINE_CHARACTERS_READ_MAX)).slice(0, LINE_CHARACTERS_MAX));
}

/** The end of a file, from the first whole line on. Throws the error of the file system. */
async function readTail(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(TAIL_BYTES, size)), 0, Math.min(TAIL_BYTES, size), start);
    const text = buffer.toString('utf8', 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}

const unread = (file: string | null, message: string): ArchiverLog => ({ file, lines: [], message: message.slice(0, 500) });

interface LogLanguage {
  lcMessages: string;
  logDestination: string;
}

async function logLanguageOf(session: Session, deadlineMs: number): Promise<LogLanguage> {
  const text = `select current_setting('lc_messages') as "lcMessages", current_setting('log_destination') as "logDestination"`;
  const [row] = await session.query<LogLanguage>({ name: 'facts-log-language', text }, deadlineMs);
  if (row === undefined) throw new Error('no row');
  return row;
}

/** The collector's plain-text file; `null` = no collector, or none in this form. Needs a right that `pg_monitor` has. */
async function logFileOf(session: Session, dataDirectory: string | null, deadlineMs: number): Promise<string | null> {
  const text = `select pg_current_logfile('stderr') as file`;
  const [row] = await session.query<{ file: string | null }>({ name: 'facts-logfile', text }, deadlineMs);
  if (row === undefined) throw new Error('no row');
  return row.file === null || path.isAbsolute(row.file) || dataDirectory === null ? row.file : path.join(dataDirectory, row.file);
}

/** Reads them. Never throws: what stands in the way is the answer. */
export async function readArchiverLog(
  session: Session,
  configuredFile: string | undefined,
  dataDirectory: string | null,
  deadlineMs: number,
): Promise<ArchiverLog> {
  let language: LogLanguage;
  let file: string | null;
  try {
    language = await logLanguageOf(session, deadlineMs);
    file = configuredFile ?? (await logFileOf(session, dataDirectory, deadlineMs));
  } catch (error) {
    return unread(null, `PostgreSQL did not say where its log is: ${messageOf(error)}`);
  }
  const unreadable = whyUnreadable(language);
  if (unreadable !== null) return unread(file?.slice(0, 1024) ?? null, unreadable);
  if (file === null) {
    return unread(null, 'The server writes its log to standard error. Set [postgres] log_file in agent.toml to the file where it ends up.');
  }
  try {
    const lines = lastArchiverFailure(await withDeadline(file, readTail(file), READ_DEADLINE_MS));
    return { file: file.slice(0, 1024), lines, message: null };
  } catch (error) {
    const why = error instanceof DeadlineError ? error.message : messageOf(error);
    return unread(file.slice(0, 1024), `The agent can’t read ${file}: ${why}. Let the OS user of the agent read it.`);
  }
}
