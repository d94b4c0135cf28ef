import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { NOW_MS, iso } from '../../test/builders/moment.ts';
import { aDownstream, aPrimaryPostgres, aStandbyPostgres, aWalReceiver } from '../../test/builders/observation.ts';
import { PeerProbe, isInDoubt, tryServer } from './peer-probe.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function listening(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(onSocket);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}
async function nobodyThere(): Promise<number> {
  const port = await listening(() => undefined);
  await new Promise((resolve) => servers.pop()!.close(resolve));
  return port;
}

test.each([
  ['a server answers', () => listening((socket) => socket.once('data', () => socket.end('N'))), 'answers'],
  ['nobody listens', nobodyThere, 'refused'],
  ['a forwarder that finds nobody resets', () => listening((socket) => socket.resetAndDestroy()), 'refused'],
  ['a server that hangs', () => listening((socket) => socket.on('error', () => undefined)), 'no-answer'],
  ['a server that closes without a word', () => listening((socket) => socket.once('data', () => socket.end())), 'no-answer'],
] as const)('%s', async (_what, start, answer) => {
  expect(await tryServer('127.0.0.1', await start(), 300)).toBe(answer);
});

test.each([
  ['a standby that streams', aStandbyPostgres('b', 'a', {}, NOW_MS), false],
  ['a standby that receives nothing', aStandbyPostgres('b', 'a', { walReceiver: null }, NOW_MS), true],
  [
    'a standby that heard nothing for a while',
    aStandbyPostgres('b', 'a', { walReceiver: aWalReceiver({ lastMessageReceivedAt: iso(NOW_MS - 4_000) }) }, NOW_MS),
    true,
  ],
  ['a primary from which somebody streams', aPrimaryPostgres({ downstreams: [aDownstream('b')] }, NOW_MS), false],
  ['a primary from which nobody streams', aPrimaryPostgres({ downstreams: [] }, NOW_MS), true],
  ['a server that does not answer', null, false],
] as const)('doubt: %s', (_what, postgres, doubts) => {
  expect(isInDoubt(postgres, NOW_MS)).toBe(doubts);
});

test('it tries only in doubt, and tells since when the answer is the same', async () => {
  const probe = new PeerProbe({ a: { host: '127.0.0.1', port: await nobodyThere() } });
  const alone = aStandbyPostgres('b', 'a', { walReceiver: null }, NOW_MS);
  expect(probe.look(aStandbyPostgres('b', 'a', {}, NOW_MS), NOW_MS)).toBeUndefined();
  expect(probe.look(alone, NOW_MS)).toBeUndefined();
  await expect.poll(() => probe.look(alone, NOW_MS)?.[0]).toMatchObject({ name: 'a', answer: 'refused' });
  const first = probe.look(alone, NOW_MS)![0]!;
  await expect.poll(() => probe.look(alone, NOW_MS)![0]!.at, { timeout: 4_000 }).not.toBe(first.at);
  expect(probe.look(alone, NOW_MS)![0]!.since).toBe(first.since);
});
