/** Child processes of the demo and of a single-host install: started, watched, restarted when they crash, stopped in order. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { type WriteStream, createWriteStream, mkdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWait, isWaitOver } from './patience.ts';

export interface ProcessOptions {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  logFile: string;
  log: (line: string) => void;
}

export interface SupervisedProcess {
  name: string;
  pid: () => number | undefined;
  /** SIGTERM, then SIGKILL after the deadline. Resolves when the process is gone. */
  stop: (deadlineMs?: number) => Promise<void>;
  /** Starts it again after `stop`. */
  start: () => void;
  /** How often it ended unasked since `start`. */
  crashes: () => number;
}

/** Wait before a crashed process is started again; doubled up to the maximum, back to the minimum after a minute without a crash. */
const RESTART_DELAY_MIN_MS = 500;
const RESTART_DELAY_MAX_MS = 15_000;
const STABLE_AFTER_MS = 60_000;

/** Starts a process and keeps it running until `stop`. Its output goes to `logFile`. */
export function supervise(options: ProcessOptions): SupervisedProcess {
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  let output: WriteStream | undefined;
  let child: ChildProcess | undefined;
  let stopping = false;
  let crashes = 0;
  let delayMs = RESTART_DELAY_MIN_MS;
  let restart: NodeJS.Timeout | undefined;

  const start = () => {
    stopping = false;
    output ??= createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
    const startedMs = performance.now();
    const how: SpawnOptions = { cwd: options.cwd, env: options.env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'pipe'] };
    // When our own process is killed, its children must not live on: the kernel ends them (`setpriv` is in util-linux).
    const current = spawn('setpriv', ['--pdeathsig', 'TERM', '--', options.command, ...options.args], how);
    child = current;
    for (const stream of [current.stdout, current.stderr]) stream?.pipe(output, { end: false });
    current.on('error', (error) => options.log(`${options.name} could not be started: ${error.message}`));
    current.on('exit', (code, signal) => {
      if (stopping) return;
      crashes += 1;
      if (performance.now() - startedMs > STABLE_AFTER_MS) delayMs = RESTART_DELAY_MIN_MS;
      options.log(
        `${options.name} ended (${signal ?? `exit code ${code}`}); starting it again in ${delayMs} ms. Its log: ${options.logFile}`,
      );
      restart = setTimeout(start, delayMs);
      delayMs = Math.min(delayMs * 2, RESTART_DELAY_MAX_MS);
    });
  };
  start();

  return {
    name: options.name,
    pid: () => child?.pid,
    stop: async (deadlineMs = 8_000) => {
      stopping = true;
      clearTimeout(restart);
      const current = child;
      if (current?.pid !== undefined && current.exitCode === null && current.signalCode === null) {
        const gone = new Promise<void>((resolve) => current.once('exit', () => resolve()));
        current.kill('SIGTERM');
        const inTime = await Promise.race([gone.then(() => true), sleep(deadlineMs, false, { ref: false })]);
        if (!inTime) {
          current.kill('SIGKILL');
          await gone;
        }
      }
      output?.end();
      output = undefined;
    },
    start: () => {
      crashes = 0;
      start();
    },
    crashes: () => crashes,
  };
}

/** Waits until `probe` returns true; throws `what` with the deadline when it does not. A slow machine has longer. */
export async function waitUntil(what: string, deadlineMs: number, probe: () => Promise<boolean> | boolean, everyMs = 100): Promise<void> {
  const startedAtMs = performance.now();
  for (;;) {
    if (await probe()) return;
    if (await isWaitOver(startedAtMs, deadlineMs)) throw new Error(`${what} did not happen within ${describeWait(deadlineMs)}`);
    await sleep(everyMs);
  }
}

/** True if the process started with this FARSHORE_INSTANCE answers, and not another one that has the port. */
export async function answersAs(instance: string, url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), redirect: 'manual' });
    return ((await response.json()) as { instance?: unknown }).instance === instance;
  } catch {
    return false;
  }
}

export function portIsFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The wanted port, or, when it was only a default, the next free one of twenty. Throws a sentence naming the port. */
export async function choosePort(host: string, wanted: number, explicit: boolean, option: string): Promise<number> {
  for (let port = wanted; port < wanted + (explicit ? 1 : 20); port++) {
    if (await portIsFree(host, port)) return port;
  }
  throw new Error(
    explicit
      ? `Port ${wanted} on ${host} is taken by another program. Stop that program, or give another port with ${option}.`
      : `Ports ${wanted} to ${wanted + 19} on ${host} are all taken. Give a free one with ${option}.`,
  );
}
