/**
 * The administrator's own way to cut a node off (FARSHORE_FENCE_COMMAND): a program that is given cluster and node and ends with 0 only
 * when the node certainly takes no more writes. It is run without a shell and within a deadline.
 */
import { spawn } from 'node:child_process';
import { failed } from './step-outcome.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { StepOutcome } from './step-outcome.ts';

const OUTPUT_CHARACTERS_MAX = 4_000;
const KILL_AFTER_MS = 1_000;

/** Runs it once; safe to repeat, as fencing a fenced node must be. */
export function runFenceCommand(
  program: string,
  cluster: string,
  node: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<StepOutcome> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' } as unknown as NodeJS.ProcessEnv;
    const child = spawn(program, [cluster, node], { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_CHARACTERS_MAX);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    let why: string | null = null;
    let force: NodeJS.Timeout | undefined;
    const end = (reason: string): void => {
      why ??= reason;
      child.kill('SIGTERM');
      force ??= setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    };
    const onAbort = (): void => end('it was cancelled');
    const timer = setTimeout(() => end(`it did not end within ${deadlineMs / 1000} s`), deadlineMs);
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (outcome: StepOutcome): void => {
      clearTimeout(timer);
      clearTimeout(force);
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    child.on('error', (error) =>
      settle(
        failed(
          'no-effect',
          'fence-command',
          `The fence command ${program} can't be run: ${messageOf(error)}. Correct FARSHORE_FENCE_COMMAND.`,
        ),
      ),
    );
    child.on('close', (exitCode, killedBy) => {
      const tookMs = Math.round(performance.now() - startedAt);
      const said = output.trim();
      if (exitCode === 0 && why === null) settle({ status: 'done', evidence: { exitCode, output: said, tookMs } });
      else {
        const ending = why ?? (killedBy === null ? `it ended with ${exitCode}` : `it was ended by ${killedBy}`);
        settle(failed('unknown', 'fence-command', `The fence command did not prove that ${node} is off: ${ending}. ${said}`.trim()));
      }
    });
  });
}
