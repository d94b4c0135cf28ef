import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NOW_MS,
  aClusterInput,
  aDownstream,
  aPrimary,
  aSlot,
  aStandby,
  aWalReceiver,
  iso,
  withNode,
  withPostgres,
  nodeOf,
  linkTo,
  silentFor,
  notAnswering,
  evaluated,
} from '../../../test/builders/index.ts';
import { anAuthority } from '../../../test/builders/operation.ts';
import { assembleTopology } from './assemble.ts';
import type { ClusterInput, NodeInput } from './inputs.ts';

describe('an idle, correct cluster', () => {
  const topology = assembleTopology(aClusterInput(), NOW_MS);

  test('has one primary, and every standby streams with no lag', () => {
    expect(topology.primary).toBe('aws-use1-a');
    expect(topology.nodes.map(({ name, role, state, upstream }) => [name, role, state, upstream])).toEqual([
      ['aws-use1-a', 'primary', 'writable', null],
      ['aws-use1-b', 'standby', 'streaming', 'aws-use1-a'],
      ['gcp-use4-a', 'standby', 'streaming', 'aws-use1-b'],
      ['rax-dfw-a', 'standby', 'streaming', 'aws-use1-a'],
    ]);
    for (const node of topology.nodes.slice(1)) expect(node.lag).toMatchObject({ totalBytes: 0, seconds: 0 });
  });

  test('has encrypted, streaming links with the slot of the standby', () => {
    for (const link of topology.links)
      expect(link).toMatchObject({ state: 'streaming', encrypted: true, stateReason: null, transportBytes: 0 });
    expect(topology.links.map(({ slotName }) => slotName)).toEqual(['aws_use1_b', 'gcp_use4_a', 'rax_dfw_a']);
  });
});

describe('who follows whom', () => {
  test('the upstream’s list of streams is stronger than a proxy’s address', () => {
    const input = withNode(aClusterInput(), 'rax-dfw-a', (node) =>
      withPostgres(node, {
        walReceiver: aWalReceiver({ senderHost: 'lb.example.org' }),
        configuredUpstream: { host: 'lb.example.org', port: 5432, applicationName: 'rax-dfw-a', slotName: null },
      }),
    );
    expect(nodeOf(input, 'rax-dfw-a').upstream).toBe('aws-use1-a');
  });

  test('a standby whose stream is down keeps its configured upstream', () => {
    const input = aClusterInput({
      nodes: [aPrimary('aws-use1-a'), aStandby('rax-dfw-a', 'aws-use1-a', { postgres: { walReceiver: null } })],
    });
    expect(nodeOf(input, 'rax-dfw-a').upstream).toBe('aws-use1-a');
  });

  test('a name that is the beginning of another is not mistaken for it', () => {
    const input = aClusterInput({ nodes: [aPrimary('db1'), aStandby('db10', 'db1'), aStandby('x', 'db10')] });
    expect(nodeOf(input, 'x').upstream).toBe('db10');
    expect(nodeOf(input, 'db10').upstream).toBe('db1');
  });

  test('a standby that is away is kept at the node that holds its slot, not at one with an unused spare', () => {
    const primary = aPrimary('aws-use1-a', { postgres: { slots: [aSlot('gcp_use4_a', { active: false, restartLsn: null })] } });
    const middle = aStandby('aws-use1-b', 'aws-use1-a', {
      postgres: { slots: [aSlot('gcp_use4_a', { active: false, inactiveSince: iso(NOW_MS - 9e6) })] },
    });
    const away = notAnswering(aStandby('gcp-use4-a', 'aws-use1-b'), 'stopped');
    expect(nodeOf(aClusterInput({ nodes: [primary, middle, away] }), 'gcp-use4-a').upstream).toBe('aws-use1-b');
  });

  test('nothing tells: the upstream is unknown and not guessed', () => {
    const stray = aStandby('rax-dfw-a', 'elsewhere', { postgres: { configuredUpstream: null, walReceiver: null } });
    const topology = assembleTopology(aClusterInput({ nodes: [aPrimary('aws-use1-a'), stray] }), NOW_MS);
    expect(topology.nodes[1]).toMatchObject({ upstream: null, state: 'not-receiving' });
    expect(topology.links).toEqual([]);
  });

  test('two standbys in a circle receive nothing, even if their walreceivers say otherwise', () => {
    const a = aStandby('a', 'b', { postgres: { downstreams: [aDownstream('b')] } });
    const b = aStandby('b', 'a', { postgres: { downstreams: [aDownstream('a')] } });
    const topology = assembleTopology(aClusterInput({ nodes: [a, b], leadership: null }), NOW_MS);
    expect(topology.nodes.map(({ state }) => state)).toEqual(['not-receiving', 'not-receiving']);
    expect(topology.links.map(({ state, stateReason }) => [state, stateReason])).toEqual([
      ['down', expect.stringContaining('in a circle')],
      ['down', expect.stringContaining('in a circle')],
    ]);
  });
});

describe('designed states', () => {
  test('single node', () => {
    const topology = assembleTopology(aClusterInput({ nodes: [aPrimary('aws-use1-a')] }), NOW_MS);
    expect(topology).toMatchObject({ primary: 'aws-use1-a', links: [] });
  });

  test('no nodes at all', () => {
    expect(assembleTopology(aClusterInput({ nodes: [] }), NOW_MS)).toEqual({ nodes: [], links: [], primary: null, outOfRecovery: [] });
  });

  test('two primaries: neither is called the primary, and every lag is unknown', () => {
    const input = withNode(aClusterInput(), 'rax-dfw-a', () => aPrimary('rax-dfw-a', { postgres: { timeline: 2 } }));
    const topology = assembleTopology(input, NOW_MS);
    expect(topology.primary).toBeNull();
    expect(topology.outOfRecovery).toEqual(['aws-use1-a', 'rax-dfw-a']);
    expect(topology.nodes[1]!.lag).toMatchObject({ totalBytes: null, reason: expect.stringContaining('2 nodes are out of recovery') });
  });

  test('primary stopped: there is none, and the standbys’ lag is unknown with the last difference', () => {
    const input = withNode(aClusterInput(), 'aws-use1-a', (node) => notAnswering(silentHistory(node), 'stopped'));
    const topology = assembleTopology(input, NOW_MS);
    expect(topology.primary).toBeNull();
    expect(topology.nodes[0]).toMatchObject({ role: 'primary', state: 'stopped', timeline: 1, lag: { totalBytes: null } });
    expect(topology.nodes[1]!.lag.totalBytes).toBeNull();
    expect(topology.nodes[1]!.lag.reason).toMatch(/^The position of aws-use1-a is 20.*old/);
  });

  test('primary frozen: it keeps the role, is not writable, and a standby that hears nothing is not receiving', () => {
    const frozen = withNode(aClusterInput(), 'aws-use1-a', (node) => notAnswering(silentHistory(node), 'not-responding'));
    const input = withNode(frozen, 'rax-dfw-a', (node) =>
      withPostgres(node, { walReceiver: aWalReceiver({ lastMessageReceivedAt: iso(NOW_MS - 8000) }) }),
    );
    expect(assembleTopology(input, NOW_MS).primary).toBe('aws-use1-a');
    expect(nodeOf(input, 'aws-use1-a').state).toBe('not-responding');
    expect(nodeOf(input, 'rax-dfw-a').state).toBe('not-receiving');
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({ state: 'down', stateReason: expect.stringContaining('does not answer') });
  });

  test('never enrolled: on the page, unknown, missing from its upstream', () => {
    const nodes = aClusterInput().nodes.map((node) =>
      node.name === 'rax-dfw-a' ? { ...node, enrolled: false, latest: null, facts: null, history: [] } : node,
    );
    expect(nodeOf(aClusterInput({ nodes }), 'rax-dfw-a')).toMatchObject({
      state: 'unknown',
      stateReason: 'Never seen: no agent has joined for this node.',
      observedAt: null,
      lag: { totalBytes: null },
    });
  });

  test('agent silent for a day: unknown, with its age; role and timeline stay', () => {
    const input = withNode(aClusterInput(), 'rax-dfw-a', (node) => silentFor(node, 86_400_000));
    const node = nodeOf(input, 'rax-dfw-a');
    expect(node).toMatchObject({
      role: 'standby',
      timeline: 1,
      state: 'unknown',
      stateReason: 'Last seen 1 d ago.',
      walBytesPerSecond: null,
    });
    expect(node.lag).toMatchObject({ totalBytes: null, seconds: null });
    expect(node.replication).toEqual({ receiving: null, replaying: null });
    // The primary still serves it: the edge is known from one end.
    expect(linkTo(input, 'rax-dfw-a')).toMatchObject({
      state: 'streaming',
      stateReason: expect.stringContaining('Seen from aws-use1-a only'),
    });
  });

  test('a back-fill delivers old samples: received just now is not seen just now', () => {
    const input = withNode(aClusterInput(), 'rax-dfw-a', (node) => ({
      ...node,
      latest: { ...node.latest!, observedAtMs: NOW_MS - 60_000 },
    }));
    expect(nodeOf(input, 'rax-dfw-a').state).toBe('unknown');
  });

  test('refusing, starting', () => {
    for (const state of ['refusing', 'starting'] as const) {
      const input = withNode(aClusterInput(), 'rax-dfw-a', (node) => notAnswering(node, state));
      expect(nodeOf(input, 'rax-dfw-a')).toMatchObject({ role: 'standby', state });
    }
  });

  test('a primary whose commit probe fails is not writable', () => {
    const input = withNode(aClusterInput(), 'aws-use1-a', (node) =>
      withPostgres(node, { writeProbe: { ok: false, commitMs: null, reason: 'no commit within 2 s' } }),
    );
    expect(nodeOf(input, 'aws-use1-a')).toMatchObject({ state: 'not-writable', stateReason: 'no commit within 2 s' });
  });

  test('another system identifier or a later timeline makes the lag unknown', () => {
    for (const difference of [{ systemIdentifier: '1' }, { timeline: 2 }]) {
      const input = withNode(aClusterInput(), 'rax-dfw-a', (node) => withPostgres(node, difference));
      expect(nodeOf(input, 'rax-dfw-a').lag).toMatchObject({ totalBytes: null, reason: expect.stringContaining('can’t be compared') });
    }
  });
});

describe('authority', () => {
  const withAuthority = (overrides: Parameters<typeof anAuthority>[0], state: 'accepting' | 'stopped') =>
    withNode(aClusterInput(), 'aws-use1-a', (node) => {
      const { observation } = node.latest!;
      const postgres = state === 'stopped' ? null : observation.postgres;
      const authority = anAuthority(overrides);
      return {
        ...node,
        latest: { ...node.latest!, observation: { ...observation, postgres, server: { state, message: null }, authority } },
      };
    });
  const fenced = { at: iso(NOW_MS - 5_000), reason: 'The controller had it stopped under term 2.' };

  test('a node that its agent fenced is not just stopped', () => {
    expect(nodeOf(withAuthority({ role: 'fenced', fenced }, 'stopped'), 'aws-use1-a')).toMatchObject({
      state: 'fenced',
      stateReason: 'Fenced: The controller had it stopped under term 2. It stays stopped until it is reverted.',
      authority: { control: 'acts', role: 'fenced' },
    });
    expect(nodeOf(withAuthority({}, 'stopped'), 'aws-use1-a').state).toBe('stopped');
  });

  test('tells whether its agent may act, may but can’t, or only observes', () => {
    const control = (input: ClusterInput) => nodeOf(input, 'aws-use1-a').authority?.control;
    expect(control(withAuthority({}, 'accepting'))).toBe('acts');
    expect(control(withAuthority({ obstacles: ['No pg_rewind.'] }, 'accepting'))).toBe('unable');
    expect(control(aClusterInput())).toBe('observes');
  });

  test('the primary as it was seen last is remembered while there is none to ask', () => {
    const { view } = evaluated(aClusterInput());
    expect(view.lastPrimary).toMatchObject({ name: 'aws-use1-a', timeline: 1, synchronousStandbyNames: '' });
    const dead = { ...withAuthority({}, 'stopped'), previousLastPrimary: view.lastPrimary ?? null };
    expect(evaluated(dead).view.lastPrimary).toEqual(view.lastPrimary);
  });
});

test('with anything missing, nothing throws, each node appears once, and nothing unseen is called well', () => {
  const change = fc.constantFrom<(node: NodeInput) => NodeInput>(
    (node) => node,
    (node) => ({ ...node, latest: null, history: [] }),
    (node) => silentFor(node, 7_000),
    (node) => notAnswering(node, 'stopped'),
    (node) => notAnswering(node, 'not-responding'),
    (node) => ({ ...node, history: [], facts: null }),
    (node) =>
      withPostgres(node, { inRecovery: true, flushLsn: null, walReceiver: null, configuredUpstream: null, downstreams: [], slots: [] }),
    (node) => withPostgres(node, { inRecovery: false, receiveLsn: null, replayLsn: null, flushLsn: null, writeProbe: null }),
    (node) => withPostgres(node, { receiveLsn: null, replayLsn: null, flushLsn: null, insertLsn: null }),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 4, maxLength: 4 }), (changes) => {
      const base = aClusterInput();
      const input = { ...base, nodes: base.nodes.map((node, index) => changes[index]!(node)) };
      const topology = assembleTopology(input, NOW_MS);
      expect(topology.nodes.map(({ name }) => name)).toEqual(base.nodes.map(({ name }) => name));
      expect(new Set(topology.links.map(({ to }) => to)).size).toBe(topology.links.length);
      for (const node of topology.nodes) {
        const { latest } = input.nodes.find(({ name }) => name === node.name)!;
        const isSeen = latest !== null && NOW_MS - latest.observedAtMs <= 5_000 && latest.observation.postgres !== null;
        if (!isSeen) expect(['streaming', 'writable', 'catching-up']).not.toContain(node.state);
        if (!isSeen) expect(node.lag.totalBytes).toBeNull();
        if (node.state !== 'streaming' && node.state !== 'writable') expect(node.stateReason).not.toBeNull();
      }
    }),
    { numRuns: 400 },
  );
});

/** The node's positions end 20 s ago, as after a crash or freeze. */
function silentHistory(node: NodeInput): NodeInput {
  return { ...node, history: node.history.filter(({ atMs }) => atMs < NOW_MS - 20_000) };
}
