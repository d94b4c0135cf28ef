/**
 * Starts the lab's processes and writes each down before anything else happens, so that the next start can clean up after a lab
 * that was killed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, fchownSync, openSync, readFileSync } from 'node:fs';
import { describeWait, patient } from '../setup/patience.ts';
import type { OsUser } from './os-user.ts';
import { descendants, identify, isAlive, signal } from './process-table.ts';
import type { ProcessIdentity } from './process-table.ts';
import { waitFor } from './waiting.ts';

const OUTPUT_TAIL_CHARACTERS = 2000;
const KILL_DEADLINE_MS = 10_000;

export interface StartOptions {
  user: OsUser;
  /** Inside the lab's directory. */
  workingDirectory: string;
  logFile: string;
  environment?: Record<string, string>;
  /** Keeps a pipe to the process's standard input. */
  pipeInput?: boolean;
  /** Keeps a pipe to its standard output instead of writing it to the log. */
  pipeOutput?: boolean;
}

export interface OwnedProcess {
  identity: ProcessIdentity;
  child: ChildProcess;
  /** Settles when it has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** The environment of everything the lab starts: nothing of the caller's leaks in (`PGHOST`, `PGDATA`, tokens…). */
export function cleanEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const path = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
  // `NODE_ENV` is named because Next declares it as required in `ProcessEnv`.
  return { PATH: path, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC', NODE_ENV: 'production', ...extra };
}

export class ProcessKeeper {
  readonly #recordFile: string;
  readonly #user: OsUser;
  #closed = false;

  constructor(recordFile: string, user: OsUser) {
    this.#recordFile = recordFile;
    this.#user = user;
  }

  /** From now on nothing is started: the lab is coming down, and what still builds it must stop. */
  close(): void {
    this.#closed = true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  #requireOpen(program: string): void {
    if (this.#closed) throw new Error(`${program} was not started: the lab is being stopped.`);
  }

  /** Starts a long-lived process in a session of its own, so that a Ctrl-C at the terminal reaches the lab alone. */
  start(label: string, program: string, args: readonly string[], options: StartOptions): OwnedProcess {
    this.#requireOpen(label);
    const log = openSync(options.logFile, 'a', 0o640);
    // As on a real host: the OS user of the server owns its log, and the agent may read it.
    if (options.user.ids) fchownSync(log, options.user.ids.uid, options.user.ids.gid);
    const child = spawn(program, args, {
      ...options.user.ids,
      cwd: options.workingDirectory,
      env: cleanEnvironment(options.environment),
      detached: true,
      stdio: [options.pipeInput ? 'pipe' : 'ignore', options.pipeOutput ? 'pipe' : log, log],
    });
    closeSync(log);
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('exit', (code, name) => resolve({ code, signal: name }));
      child.once('error', () => resolve({ code: null, signal: null }));
    });
    if (child.pid === undefined) throw new Error(`${label} could not be started: ${program} can't be run by OS user ${options.user.name}.`);
    return { identity: this.#record(label, child.pid), child, ended };
  }

  /**
   * Runs a program to its end and returns its standard output.
   * @throws with the end of what it printed when it fails or takes longer than the deadline, which a slow machine stretches.
   */
  run(
    program: string,
    args: readonly string[],
    deadlineMs: number,
    extra: { cwd: string; environment?: Record<string, string> },
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#requireOpen(program);
      const child = spawn(program, args, {
        ...this.#user.ids,
        cwd: extra.cwd,
        env: cleanEnvironment(extra.environment),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: patient(deadlineMs),
        killSignal: 'SIGKILL',
      });
      if (child.pid !== undefined) this.#record(program, child.pid);
      let output = '';
      let problems = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()));
      child.once('error', (error) => reject(new Error(`${program} could not be started by OS user ${this.#user.name}: ${error.message}`)));
      child.once('close', (code, name) => {
        if (code === 0) return resolve(output);
        const how = name === 'SIGKILL' ? `was killed (deadline ${describeWait(deadlineMs)})` : `ended with code ${code}`;
        reject(new Error(`${program} ${args[0] ?? ''} ${how}: ${`${problems}\n${output}`.trim().slice(-OUTPUT_TAIL_CHARACTERS)}`));
      });
    });
  }

  #record(label: string, pid: number): ProcessIdentity {
    // A process that has already ended has no start time to tell it by, and needs no cleaning up.
    const identity = identify(pid) ?? { pid, startTicks: 'ended' };
    appendFileSync(this.#recordFile, `${JSON.stringify({ ...identity, label })}\n`, { mode: 0o600 });
    return identity;
  }
}

export function readRecord(recordFile: string): ProcessIdentity[] {
  return readFileSync(recordFile, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as ProcessIdentity];
      } catch {
        return []; // The last line of a killed lab may be torn.
      }
    });
}

/** Freezes a process and all below it; the parent first, so that it makes no new ones meanwhile. */
export function freezeTree(root: ProcessIdentity): void {
  signal(root, 'SIGSTOP');
  for (const child of descendants(root.pid)) signal(child, 'SIGSTOP');
}

export function thawTree(root: ProcessIdentity): void {
  for (const child of descendants(root.pid)) signal(child, 'SIGCONT');
  signal(root, 'SIGCONT');
}

/** Ends a process and all below it at once, and waits until they are gone. */
export async function killTree(root: ProcessIdentity): Promise<void> {
  if (!isAlive(root)) return;
  signal(root, 'SIGSTOP');
  const doomed = [root, ...descendants(root.pid)];
  for (const one of doomed) signal(one, 'SIGKILL');
  await waitFor(`process ${root.pid} and its children to end`, KILL_DEADLINE_MS, () => doomed.every((one) => !isAlive(one)));
}

/** The last lines of a log, for an error message. */
export function logTail(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trim().slice(-OUTPUT_TAIL_CHARACTERS);
  } catch {
    return '(no log)';
  }
}
