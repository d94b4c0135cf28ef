import { expect, test } from 'vitest';
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import { parseConfig } from '../config.ts';
import { configuredInstance } from '../instance.ts';
import { createLog } from '../log.ts';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext } from './performer.ts';
import { runCommand } from './run-command.ts';

const parts = {
  config: parseConfig(null, {}),
  instance: configuredInstance(parseConfig(null, {})),
  nodeName: 'node-a',
  clusterSlug: 'payments',
  term: 1,
  progress: () => undefined,
  directory: { markUnusable: () => undefined, markUsable: () => undefined, unusable: () => null },
  self: { enforceLeadership: () => Promise.resolve(false), leads: () => false, cancel: () => Promise.resolve(false) },
  log: createLog(() => undefined),
};
const run = (perform: (args: unknown, context: PerformContext) => Promise<unknown>, deadlineMs = 5000, verb: Verb = 'checkpoint') =>
  runCommand({ verb, args: {}, deadlineMs }, () => Promise.resolve(perform as never), parts);
const untilAborted = (_args: unknown, { signal }: PerformContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
const result = (perform: Parameters<typeof run>[0], deadlineMs?: number): Promise<CommandResult> => run(perform, deadlineMs).result;

test('done, with the evidence and nothing beside it', async () => {
  const made = await result(() => Promise.resolve({ tookMs: 3, redoLsn: '0/1', password: 'secret' }));
  expect(made).toMatchObject({ status: 'done', evidence: { tookMs: 3, redoLsn: '0/1' } });
  expect(JSON.stringify(made)).not.toContain('secret');
});
test('evidence in another form is a fault of the agent, and nobody knows what became of it', async () =>
  expect(await result(() => Promise.resolve({ tookMs: 'long' }))).toMatchObject({ status: 'failed', code: 'internal', changed: null }));
test('refused', async () =>
  expect(await result(() => Promise.reject(new PerformRefused('precondition-failed', 'It is a standby.')))).toEqual({
    status: 'refused',
    code: 'precondition-failed',
    reason: 'It is a standby.',
  }));
test('failed, as the performer says', async () =>
  expect(await result(() => Promise.reject(new PerformFailed('wal-missing', 'WAL is missing.', false)))).toMatchObject({
    status: 'failed',
    code: 'wal-missing',
    changed: false,
  }));
test('an error that nobody expected', async () =>
  expect(await result(() => Promise.reject(new Error('boom')))).toMatchObject({
    status: 'failed',
    code: 'internal',
    reason: 'boom',
    changed: null,
  }));
test('the deadline ends it', async () =>
  expect(await result(untilAborted, 30)).toMatchObject({ status: 'failed', code: 'deadline', changed: null }));
test('somebody ends it', async () => {
  const running = run(untilAborted);
  await new Promise((resolve) => setTimeout(resolve, 5));
  running.interrupt(new PerformFailed('cancelled', 'It was cancelled on request.', null));
  expect(await running.result).toMatchObject({ status: 'failed', code: 'cancelled', reason: 'It was cancelled on request.' });
  expect(running.isSettled()).toBe(true);
});
test('ended before it began, it has changed nothing', async () => {
  let begun = false;
  const running = run(() => Promise.resolve((begun = true)));
  running.interrupt(new PerformFailed('cancelled', 'It was cancelled on request.', null));
  expect(await running.result).toMatchObject({ status: 'failed', code: 'cancelled', changed: false });
  expect(begun).toBe(false);
});
test('a performer that can’t be loaded', async () => {
  const running = runCommand({ verb: 'checkpoint', args: {}, deadlineMs: 100 }, () => Promise.reject(new Error('no such file')), parts);
  expect(await running.result).toMatchObject({ status: 'failed', code: 'internal' });
});
test('one that ignores its deadline is given up, and counts as at work until it ends', async () => {
  let end = (): void => undefined;
  const forever = (): Promise<unknown> => new Promise((resolve) => (end = () => resolve({})));
  const running = runCommand({ verb: 'checkpoint', args: {}, deadlineMs: 10 }, () => Promise.resolve(forever as never), parts, 20);
  expect(await running.result).toMatchObject({ status: 'failed', code: 'deadline', changed: null });
  expect(running.isSettled()).toBe(false);
  end();
  await running.settled;
  expect(running.isSettled()).toBe(true);
});
