import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../../../../test/live-postgres.ts';
import type { LivePostgres } from '../../../../test/live-postgres.ts';
import type { PerformContext } from '../../performer.ts';
import { PerformRefused } from '../../performer.ts';
import { openControl, withControl } from './control-connection.ts';
import { waitInServer } from '../../speed/wait-in-server.ts';

let server: LivePostgres;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

function contextOf(signal: AbortSignal = new AbortController().signal, deadlineMs = 5000): PerformContext {
  const instance = { host: server.socketDir, port: server.port, database: 'postgres' };
  return { config: { control: { user: 'postgres' } }, instance, deadlineMs, signal } as unknown as PerformContext;
}

const pidOf = (): Promise<number | null> => withControl(contextOf(), (session) => Promise.resolve(session.pid));

test('the next command takes the connection of the one before, with its own deadline; two at a time have two', async () => {
  const first = await pidOf();
  const [second, timeout] = await withControl(contextOf(undefined, 1234), async (session) => {
    const [row] = await session.query<{ timeout: string }>(`select current_setting('statement_timeout') as timeout`);
    return [session.pid, row?.timeout];
  });
  expect(second).toBe(first);
  expect(timeout).toBe('1234ms');
  const one = await openControl(contextOf());
  const other = await openControl(contextOf());
  expect(one.session.pid).not.toBe(other.session.pid);
  await Promise.all([one.end(), other.end()]);
});

test('a connection that was aborted is not kept', async () => {
  const abort = new AbortController();
  const pid = await withControl(contextOf(abort.signal), async (session) => {
    const asleep = session.query('select pg_sleep(30)');
    abort.abort();
    await expect(asleep).rejects.toThrow();
    return session.pid;
  });
  expect(await pidOf()).not.toBe(pid);
});

test('a server that was started again gets a new connection, one that is down is told as such', async () => {
  const before = await pidOf();
  await server.halt('immediate');
  await expect(pidOf()).rejects.toThrow(PerformRefused);
  await server.start();
  expect(await pidOf()).not.toBe(before);
});

test('waiting in the server ends with the condition, or soon; without plpgsql at once', async () => {
  await withControl(contextOf(), async (session) => {
    await waitInServer(session, 'true');
    await waitInServer(session, 'false');
    await session.query('drop extension plpgsql cascade');
    await waitInServer(session, 'false');
    await session.query('create extension plpgsql');
    await expect(waitInServer(session, 'no_such_function()')).rejects.toThrow(/no_such_function/);
  });
});
