import { describe, expect, test } from 'vitest';
import {
  NOW_MS,
  aClusterInput,
  aDownstream,
  aWalReceiver,
  idleLsnAt,
  idleLsnTextAt,
  iso,
  withNode,
  withPostgres,
  nodeOf,
  linkTo,
  silentFor,
} from '../../../test/builders/index.ts';
import { formatLsn } from '../postgres/lsn.ts';
import type { NodeInput } from './inputs.ts';

describe('streams', () => {
  test('walreceiver gone: not receiving and growing, though the standby is level with itself', () => {
    const held = idleLsnTextAt(NOW_MS - 30_000);
    const input = withNode(aClusterInput(), 'rax-dfw-a', (node) =>
      withPostgres(node, { walReceiver: null, receiveLsn: held, replayLsn: held }),
    );
    const node = nodeOf(input, 'rax-dfw-a');
    expect(node).toMatchObject({ state: 'not-receiving', replication: { receiving: false } });
    expect(node.lag.totalBytes).toBeGreaterThan(3000);
    expect(node.lag.seconds).toBeGreaterThan(25);
  });

  const cutAt = (cutMs: number) => {
    const held = idleLsnTextAt(cutMs);
    return withNode(aClusterInput(), 'rax-dfw-a', (node) =>
      withPostgres(node, { receiveLsn: held, replayLsn: held, walReceiver: aWalReceiver({ lastMessageReceivedAt: iso(cutMs) }) }),
    );
  };

  test('one-way cut towards the standby: down within 10 s, while both ends still say streaming', () => {
    expect(linkTo(cutAt(NOW_MS - 3_000), 'rax-dfw-a')).toMatchObject({ state: 'streaming' });
    expect(linkTo(cutAt(NOW_MS - 6_000), 'rax-dfw-a')).toMatchObject({
      state: 'down',
      stateReason: expect.stringContaining('received nothing'),
    });
    expect(nodeOf(cutAt(NOW_MS - 6_000), 'rax-dfw-a').state).toBe('not-receiving');
  });

  test('one-way cut towards the upstream: the edge is down, the standby still receives', () => {
    const row = aDownstream('rax-dfw-a', {
      replyAt: iso(NOW_MS - 7_000),
      flushLsn: idleLsnTextAt(NOW_MS - 7_000),
      replayLsn: idleLsnTextAt(NOW_MS - 7_000),
    });
    const input = withNode(aClusterInput(), 'aws-use1-a', (node) => withPostgres(node, { downstreams: [aDownstream('aws-use1-b'), row] }));
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({ state: 'down', stateReason: expect.stringContaining('no acknowledgement') });
    expect(nodeOf(input, 'rax-dfw-a').state).toBe('streaming');
    expect(linkTo(input, 'aws-use1-b')).toMatchObject({ state: 'streaming' });
  });

  test('an unrecognised word for the stream is unknown with its reason, never a good state', () => {
    const row = aDownstream('rax-dfw-a', { state: 'unknown: relaying', syncState: 'unknown: ring' });
    const input = withNode(aClusterInput(), 'aws-use1-a', (node) => withPostgres(node, { downstreams: [aDownstream('aws-use1-b'), row] }));
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({
      state: 'unknown',
      stateReason: expect.stringContaining('“relaying”'),
      syncState: null,
    });
  });

  test('beyond the end of a cut list the standby’s own word counts, said to be the only one', () => {
    const cut = (more: number, dropped: number) =>
      withNode(aClusterInput(), 'aws-use1-a', (node) =>
        withPostgres(node, { downstreams: [aDownstream('aws-use1-b')], downstreamLosses: { more, dropped } }),
      );
    expect(linkTo(cut(0, 0), 'rax-dfw-a')).not.toMatchObject({ state: 'streaming' });
    for (const input of [cut(1, 0), cut(0, 1)]) {
      expect(linkTo(input, 'rax-dfw-a')).toMatchObject({ state: 'streaming', stateReason: expect.stringContaining('1 more streams than') });
    }
  });

  test('the standby’s clock is off by an hour: its replies are not taken for old ones', () => {
    const skewMs = -3_600_000;
    const withReply = withNode(aClusterInput(), 'aws-use1-a', (node) =>
      withPostgres(node, {
        downstreams: [
          aDownstream('rax-dfw-a', { replyAt: iso(NOW_MS - 700 + skewMs), flushLsn: idleLsnTextAt(NOW_MS - 6_000), replayLsn: null }),
        ],
      }),
    );
    const input = withNode(withReply, 'rax-dfw-a', (node) => ({
      ...node,
      latest: { ...node.latest!, observation: { ...node.latest!.observation, observedAt: iso(NOW_MS - 200 + skewMs) } },
    }));
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({ state: 'streaming' });
  });

  test('silence with nothing to send is no cut', () => {
    const stillLsn = idleLsnTextAt(NOW_MS - 60_000);
    const still = (node: NodeInput) => ({
      ...withPostgres(
        node,
        node.name === 'aws-use1-a'
          ? { flushLsn: stillLsn }
          : { receiveLsn: stillLsn, replayLsn: stillLsn, walReceiver: aWalReceiver({ lastMessageReceivedAt: iso(NOW_MS - 25_000) }) },
      ),
      history: [],
    });
    const input = withNode(withNode(aClusterInput(), 'aws-use1-a', still), 'rax-dfw-a', still);
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({ state: 'streaming' });
  });

  test('the ends disagree: unknown, and said', () => {
    const input = withNode(aClusterInput(), 'aws-use1-a', (node) => withPostgres(node, { downstreams: [aDownstream('aws-use1-b')] }));
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({
      state: 'unknown',
      encrypted: null,
      stateReason: expect.stringContaining('does not list it'),
    });
  });

  test('a standby that was killed: what its upstream says now counts more than what it said before', () => {
    const killed = withNode(aClusterInput(), 'rax-dfw-a', (node) => silentFor(node, 2_500));
    const input = withNode(killed, 'aws-use1-a', (node) => withPostgres(node, { downstreams: [aDownstream('aws-use1-b')] }));
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({ state: 'down', stateReason: 'aws-use1-a lists no stream to rax-dfw-a.' });
  });

  test('no TLS is false, not seen is null', () => {
    const plain = withNode(aClusterInput(), 'aws-use1-a', (node) =>
      withPostgres(node, { downstreams: [aDownstream('rax-dfw-a', { tls: null })] }),
    );
    expect(linkTo(plain, 'rax-dfw-a')).toMatchObject({ encrypted: false, tls: null });
    const unseen = withNode(aClusterInput(), 'aws-use1-a', (node) => silentFor(node, 60_000));
    expect(linkTo(unseen, 'rax-dfw-a')).toMatchObject({ encrypted: null, tls: null, syncState: null, state: 'streaming' });
  });

  test('behind by more than the objective: catching up; replay standing still: stalled', () => {
    const behind = formatLsn(idleLsnAt(NOW_MS - 20_000));
    const catching = withNode(aClusterInput(), 'rax-dfw-a', (node) => withPostgres(node, { replayLsn: behind }));
    expect(nodeOf(catching, 'rax-dfw-a').state).toBe('catching-up');
    const stalled = withNode(catching, 'rax-dfw-a', (node) => ({
      ...node,
      history: node.history.map((point) => ({
        ...point,
        replayLsn: point.replayLsn! < idleLsnAt(NOW_MS - 20_000) ? point.replayLsn : idleLsnAt(NOW_MS - 20_000),
      })),
    }));
    expect(nodeOf(stalled, 'rax-dfw-a')).toMatchObject({ state: 'replay-stalled', replication: { receiving: true, replaying: false } });
    const paused = withNode(aClusterInput(), 'rax-dfw-a', (node) => withPostgres(node, { replayPaused: true }));
    expect(nodeOf(paused, 'rax-dfw-a')).toMatchObject({ state: 'replay-stalled', stateReason: expect.stringContaining('paused') });
  });
});
