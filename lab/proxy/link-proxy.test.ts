import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../waiting.ts';
import { LinkProxy } from './link-proxy.ts';

const SOON_MS = 8_000;
/** Long enough for a byte on loopback to have arrived many times over. */
const MUCH_LONGER_THAN_LOOPBACK_MS = 150;
const LISTEN = { host: '127.60.9.1', port: 45_432 };
const OWN_ADDRESS = '127.60.0.5';

let proxy: LinkProxy;
let echo: Server;
let seen: Socket[];

async function openRoute(rttMs: number): Promise<void> {
  const target = { host: '127.0.0.1', port: (echo.address() as AddressInfo).port };
  await proxy.open({ from: 'a', to: 'b', listen: LISTEN, target, localAddress: OWN_ADDRESS, rttMs });
}

/** A client that collects what it is sent. */
async function caller(): Promise<{ socket: Socket; received: () => string; closed: () => boolean }> {
  const socket = connect(LISTEN);
  let text = '';
  let closed = false;
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  await once(socket, 'connect');
  return { socket, received: () => text, closed: () => closed };
}

beforeEach(async () => {
  proxy = new LinkProxy();
  seen = [];
  echo = createServer((socket) => {
    seen.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});

afterEach(async () => {
  await proxy.close();
  for (const socket of seen) socket.destroy();
  echo.close();
});

describe('link proxy', () => {
  test('shows the peer the true source address, and counts bytes each way', async () => {
    await openRoute(0);
    const { socket, received } = await caller();
    socket.write('hello');
    await waitFor('the echo', SOON_MS, () => received() === 'hello');
    expect(seen[0]?.remoteAddress).toBe(OWN_ADDRESS);
    expect(proxy.flow('a', 'b').bytes).toBe(5);
    expect(proxy.flow('b', 'a').bytes).toBe(5);
    socket.end();
    await waitFor('the end to travel', SOON_MS, () => seen[0]?.destroyed);
  });

  test('takes a round trip for the handshake, and one for an echo', async () => {
    await openRoute(100);
    const startedAt = performance.now();
    const { socket, received } = await caller();
    socket.write('x');
    await waitFor('the echo', SOON_MS, () => received() === 'x', 1);
    expect(performance.now() - startedAt).toBeGreaterThan(195);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  test('a cut holds everything back in order, and gives it after the heal', async () => {
    await openRoute(0);
    const { socket, received } = await caller();
    socket.write('1');
    await waitFor('the echo', SOON_MS, () => received() === '1');
    proxy.flow('a', 'b').change({ cut: true });
    socket.write('2');
    await sleep(MUCH_LONGER_THAN_LOOPBACK_MS);
    expect(received()).toBe('1');
    socket.write('3');
    proxy.flow('a', 'b').heal();
    await waitFor('all of it', SOON_MS, () => received() === '123');
  });

  test('a one-way cut lets the request through and keeps the answer', async () => {
    await openRoute(0);
    const { socket, received } = await caller();
    socket.write('1');
    await waitFor('the echo', SOON_MS, () => received() === '1');
    proxy.flow('b', 'a').change({ cut: true });
    socket.write('2');
    await waitFor('the request to arrive', SOON_MS, () => seen[0]?.bytesRead === 2);
    await sleep(MUCH_LONGER_THAN_LOOPBACK_MS);
    expect(received()).toBe('1');
  });

  test('a connection made during a cut hangs until the heal', async () => {
    await openRoute(0);
    proxy.flow('b', 'a').change({ cut: true });
    const { socket, received, closed } = await caller();
    socket.write('late');
    await sleep(MUCH_LONGER_THAN_LOOPBACK_MS);
    expect(seen).toHaveLength(0);
    expect(closed()).toBe(false);
    proxy.flow('b', 'a').heal();
    await waitFor('the echo', SOON_MS, () => received() === 'late');
  });

  test('an end during a cut does not reach the other side', async () => {
    await openRoute(0);
    const { socket } = await caller();
    await waitFor('the connection', SOON_MS, () => seen.length === 1);
    proxy.flow('a', 'b').change({ cut: true });
    socket.destroy();
    await sleep(MUCH_LONGER_THAN_LOOPBACK_MS);
    expect(seen[0]?.destroyed).toBe(false);
    proxy.flow('a', 'b').heal();
    await waitFor('the end to travel', SOON_MS, () => seen[0]?.destroyed);
  });

  test('carries megabytes in both directions unchanged, also for one who reads slowly', async () => {
    await openRoute(4);
    const sent = Array.from({ length: 64 }, (_, at) => randomBytes(at % 2 === 0 ? 128 * 1024 : 100));
    const socket = connect(LISTEN);
    const [before, after] = [createHash('sha256'), createHash('sha256')];
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      after.update(chunk);
      bytes += chunk.length;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    for (const chunk of sent) {
      before.update(chunk);
      socket.write(chunk);
    }
    const total = sent.reduce((sum, { length }) => sum + length, 0);
    await waitFor('all of it back', SOON_MS, () => bytes === total);
    expect(after.digest('hex')).toBe(before.digest('hex'));
    socket.destroy();
  });

  test('throttles to the rate asked for', async () => {
    await openRoute(0);
    proxy.flow('a', 'b').change({ bitsPerSecond: 800_000 });
    const { socket, received } = await caller();
    const startedAt = performance.now();
    socket.write('x'.repeat(50_000));
    await waitFor('all of it', SOON_MS, () => received().length === 50_000, 5);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(400);
    expect(tookMs).toBeLessThan(2_000);
  });

  test('resets on demand, and refuses when the server does', async () => {
    await openRoute(0);
    const first = await caller();
    await waitFor('the connection', SOON_MS, () => seen.length === 1);
    expect(proxy.reset('b', 'a')).toBe(1);
    await waitFor('the reset', SOON_MS, first.closed);
    echo.close();
    const second = await caller();
    await waitFor('the refusal', SOON_MS, second.closed);
  });

  test('names the peers when there is no such link', async () => {
    await openRoute(0);
    expect(() => proxy.flow('a', 'z')).toThrow('There is no link between a and z. a has links to: b.');
  });
});
