/** Runs fixed programs with argument arrays: no shell, a minimal environment, bounded output, and an end when the command ends. */
import { spawn } from 'node:child_process';
import { PerformFailed } from '../../performer.ts';
import { abortedFailure } from '../connection/waiting.ts';

/** The end of the output is kept: the reason is there. */
const OUTPUT_CHARACTERS_MAX = 64 * 1024;
/** Room for the commit of a hundred thousand subtransactions; nothing that is read of a line stands further back. */
const LINE_CHARACTERS_MAX = 1024 * 1024;
/** From SIGTERM to SIGKILL. pg_basebackup and pgbackrest tidy up in between. */
const KILL_AFTER_MS = 3000;
const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ProgramOptions {
  signal: AbortSignal;
  /** Run as this user; `null` = as the agent itself. */
  owner: { uid: number; gid: number } | null;
  /** Never inside the data directory: what runs there counts as a server process. Default: `/`. */
  workingDirectory?: string;
  environment?: Readonly<Record<string, string>>;
  /** Given the output as it comes. */
  onOutput?: (text: string) => void;
  /** Given each line of the standard output, at most its first mebibyte. The output is then not kept: it may be of any length. */
  onLine?: (line: string) => void;
}

export interface ProgramResult {
  code: number | null;
  endedBy: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * Whole lines from pieces of text. A line is cut at its maximum: pg_waldump prints a logical message of eight megabytes on one, with three
 * characters for each byte, and the agent's memory is small.
 */
export class Lines {
  readonly #onLine: (line: string) => void;
  #line = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(text: string): void {
    for (let from = 0; ;) {
      const end = text.indexOf('\n', from);
      const last = end < 0 ? text.length : end;
      this.#line += text.slice(from, Math.min(last, from + LINE_CHARACTERS_MAX - this.#line.length));
      if (end < 0) return;
      this.end();
      from = end + 1;
    }
  }

  /** Takes the rest without an end of line. */
  end(): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    if (line !== '') this.#onLine(line);
  }
}

/** Nothing of the agent's own environment is passed on. */
export const environmentOf = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv =>
  ({ PATH: SEARCH_PATH, LC_ALL: 'C', PGCONNECT_TIMEOUT: '10', ...more }) as unknown as NodeJS.ProcessEnv;

/** The last part of a long text, on whole lines where that is possible. */
export function endOf(text: string, charactersMax: number): string {
  const trimmed = text.trim();
  if (trimmed.length <= charactersMax) return trimmed;
  const cut = trimmed.slice(-charactersMax);
  const line = cut.indexOf('\n');
  return line > 0 && line < charactersMax / 2 ? cut.slice(line + 1) : cut;
}

/**
 * Runs a program to its end, whatever its exit code.
 * @throws {PerformFailed} when it can't be started, or was ended because the command was cancelled or its deadline passed.
 */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const { signal, owner } = options;
  const name = program.split('/').at(-1) ?? program;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortedFailure(signal, `about to run ${name}`, false));
      return;
    }
    const child = spawn(program, args, {
      ...owner,
      cwd: options.workingDirectory ?? '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: pg_basebackup does not end its second process when it is ended by a signal.
      detached: true,
      env: environmentOf(options.environment),
    });
    let stdout = '';
    let stderr = '';
    const keep = (before: string, chunk: string): string => (before + chunk).slice(-OUTPUT_CHARACTERS_MAX);
    const lines = options.onLine === undefined ? null : new Lines(options.onLine);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (lines !== null) return lines.take(chunk);
      stdout = keep(stdout, chunk);
      options.onOutput?.(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = keep(stderr, chunk);
      options.onOutput?.(chunk);
    });
    let killTimer: NodeJS.Timeout | undefined;
    const killGroup = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // It is gone already.
      }
    };
    const abort = (): void => {
      killGroup('SIGTERM');
      killTimer = setTimeout(() => killGroup('SIGKILL'), KILL_AFTER_MS);
    };
    signal.addEventListener('abort', abort, { once: true });
    const settle = (): void => {
      clearTimeout(killTimer);
      signal.removeEventListener('abort', abort);
    };
    child.once('error', (error) => {
      settle();
      reject(new PerformFailed('program-failed', `${name} could not be started: ${error.message}.`, false));
    });
    child.once('close', (code, endedBy) => {
      settle();
      lines?.end();
      if (signal.aborted && code !== 0) reject(abortedFailure(signal, `running ${name}`));
      else resolve({ code, endedBy, stdout, stderr });
    });
  });
}

/** Progress lines of pg_basebackup and pg_rewind, which would crowd out the reason of a failure. */
const PROGRESS_LINE = /^\s*\d+\/\d+ kB \(\d+%\)/;
export const withoutProgress = (output: string): string =>
  output
    .split(/[\r\n]+/)
    .filter((line) => !PROGRESS_LINE.test(line))
    .join('\n');

/** Like `runProgram`, and an exit code other than 0 is a failure. `changed`: what is known when it failed. */
export async function runToSuccess(
  program: string,
  args: readonly string[],
  options: ProgramOptions & { changed: boolean | null },
): Promise<ProgramResult> {
  const result = await runProgram(program, args, options);
  if (result.code === 0) return result;
  const name = program.split('/').at(-1) ?? program;
  const how = result.code === null ? `was ended by ${result.endedBy ?? 'a signal'}` : `ended with exit code ${result.code}`;
  const said = endOf(withoutProgress(`${result.stdout}\n${result.stderr}`), 1500);
  throw new PerformFailed('program-failed', `${name} ${how}. It said: ${said === '' ? 'nothing' : said}`, options.changed);
}
