import { describe, expect, test } from 'vitest';
import {
  NOW_MS,
  SITES,
  aClusterInput,
  aDownstream,
  aPrimary,
  aStandby,
  aWalReceiver,
  evaluated,
  idleLsnTextAt,
  iso,
  someFacts,
  withNode,
  withPostgres,
} from '../../../test/builders/index.ts';
import type { Downstream } from '../../agent-contract/observation.ts';
import type { NodeFacts } from '../../agent-contract/facts.ts';
import type { ClusterInput, NodeInput } from '../topology/inputs.ts';
import type { Site } from '../topology/model.ts';
import { inOtherFailureDomain } from './rpo.ts';

const rpoOf = (input: ClusterInput, nowMs = NOW_MS) => evaluated(input, nowMs).rpo;

interface SyncOptions {
  names?: string;
  commit?: string | null;
  near?: Partial<Downstream>;
  far?: Partial<Downstream>;
  farSite?: Site;
}

/** A primary with a standby in the same zone (`near`) and one elsewhere (`far`), both in the quorum unless told otherwise. */
function aSyncCluster({ names = 'ANY 1 (far)', commit = 'on', near, far, farSite = SITES['gcp-use4-a'] }: SyncOptions = {}): ClusterInput {
  const facts: Partial<NodeFacts> | null =
    commit === null
      ? null
      : {
          settings: someFacts().settings!.map((setting) =>
            setting.name === 'synchronous_commit' ? { ...setting, value: commit } : setting,
          ),
        };
  const downstreams = [
    ...(near === undefined ? [] : [aDownstream('near', { syncState: 'quorum', ...near })]),
    aDownstream('far', { syncState: 'quorum', ...far }),
  ];
  return aClusterInput({
    leadership: { term: 1, holder: 'p', timeline: 1 },
    nodes: [
      aPrimary('p', { postgres: { synchronousStandbyNames: names, downstreams }, facts }),
      aStandby('near', 'p'),
      aStandby('far', 'p', { site: farSite }),
    ],
  });
}

describe('guaranteed zero', () => {
  test('not of a server that was found stopped after its last answer: nothing is guaranteed', () => {
    const server = { state: 'not-responding', message: 'The postmaster is stopped by a signal.' } as const;
    const frozen = withNode(aSyncCluster(), 'p', (node) => ({
      ...node,
      latest: { ...node.latest!, observation: { ...node.latest!.observation, server } },
    }));
    expect(rpoOf(frozen)).toMatchObject({ state: 'unknown', boundSeconds: null });
  });

  test('while a synchronous standby in another failure domain acknowledges', () => {
    expect(rpoOf(aSyncCluster())).toMatchObject({ state: 'guaranteed-zero', boundSeconds: 0, boundBytes: 0, bestStandby: 'far' });
    expect(rpoOf(aSyncCluster({ names: 'FIRST 1 (far, near)', far: { syncState: 'sync' } })).state).toBe('guaranteed-zero');
  });

  test.each<[string, SyncOptions]>([
    ['asynchronous', { names: '', far: { syncState: 'async' } }],
    ['not acknowledged right now', { far: { state: 'catchup' } }],
    ['only potential', { names: 'FIRST 1 (near, far)', near: { syncState: 'sync' }, far: { syncState: 'potential' } }],
    ['synchronous_commit off', { commit: 'off' }],
    ['synchronous_commit local', { commit: 'local' }],
    ['synchronous_commit unknown', { commit: null }],
    ['in the same zone', { farSite: SITES['aws-use1-a'] }],
    ['the near one alone may satisfy ANY 1', { names: 'ANY 1 (near, far)', near: {} }],
    ['replies that stopped', { far: { replyAt: iso(NOW_MS - 9_000), flushLsn: idleLsnTextAt(NOW_MS - 9_000), replayLsn: null } }],
  ])('not when %s', (_, options) => expect(rpoOf(aSyncCluster(options)).state).toBe('best-effort'));

  test('ANY 2 of a near and a far one needs the far one', () => {
    expect(rpoOf(aSyncCluster({ names: 'ANY 2 (near, far)', near: {} })).state).toBe('guaranteed-zero');
  });

  test('not when the primary is not seen: nobody acknowledges then', () => {
    const input = withNode(aSyncCluster(), 'p', (node) => ({ ...node, latest: { ...node.latest!, observedAtMs: NOW_MS - 8_000 } }));
    expect(rpoOf(input)).toMatchObject({
      state: 'unknown',
      boundSeconds: null,
      boundBytes: null,
      reason: expect.stringContaining('last seen 8 s ago'),
    });
  });
});

describe('best effort', () => {
  test('is bounded by the last moment at which all was proven to be held', () => {
    const rpo = rpoOf(aClusterInput());
    expect(rpo).toMatchObject({ state: 'best-effort', boundSeconds: 0.4, boundBytes: 0 });
  });

  const held = idleLsnTextAt(NOW_MS - 20_400);
  const behind = (node: NodeInput) => withPostgres(node, { receiveLsn: held, replayLsn: held });
  const oneBehind = withNode(
    withNode(
      aClusterInput({ nodes: aClusterInput().nodes.filter(({ name }) => name === 'aws-use1-a' || name === 'rax-dfw-a') }),
      'rax-dfw-a',
      behind,
    ),
    'aws-use1-a',
    (node) => withPostgres(node, { downstreams: [aDownstream('rax-dfw-a', { flushLsn: held })] }),
  );

  test('grows while the only standby does not receive', () => {
    expect(rpoOf(oneBehind)).toMatchObject({ state: 'best-effort', boundSeconds: 20.4, boundBytes: 20 * 128, bestStandby: 'rax-dfw-a' });
  });

  test('counts what was received, replayed or not', () => {
    const input = withNode(aClusterInput(), 'aws-use1-b', (node) => withPostgres(node, { replayLsn: held, walReceiver: aWalReceiver() }));
    expect(rpoOf(input)).toMatchObject({ bestStandby: 'aws-use1-b', boundSeconds: 0.4 });
  });

  test('takes the standby that lacks least, and stays with it among equals', () => {
    const input = withNode(withNode(aClusterInput(), 'aws-use1-b', behind), 'aws-use1-a', (node) =>
      withPostgres(node, { downstreams: [aDownstream('aws-use1-b', { flushLsn: held }), aDownstream('rax-dfw-a')] }),
    );
    expect(rpoOf(input).bestStandby).toBe('gcp-use4-a');
    const previousRpo = { ...rpoOf(input), bestStandby: 'rax-dfw-a' };
    expect(rpoOf({ ...input, previousRpo }).bestStandby).toBe('rax-dfw-a');
  });
});

describe('unknown', () => {
  test('with no standby, no primary, or two', () => {
    expect(rpoOf(aClusterInput({ nodes: [aPrimary('aws-use1-a')] })).state).toBe('unknown');
    expect(rpoOf(aClusterInput({ nodes: [aStandby('aws-use1-b', 'x')], leadership: null })).state).toBe('unknown');
    expect(rpoOf(withNode(aClusterInput(), 'rax-dfw-a', () => aPrimary('rax-dfw-a'))).state).toBe('unknown');
  });

  test('a standby of another cluster or timeline takes nothing over', () => {
    for (const difference of [{ systemIdentifier: '1' }, { timeline: 9 }]) {
      const nodes = aClusterInput().nodes.map((node) => (node.name === 'aws-use1-a' ? node : withPostgres(node, difference)));
      expect(rpoOf(aClusterInput({ nodes })).state).toBe('unknown');
    }
  });
});

test('“since” is carried while the state is the same, and restarts when it changes', () => {
  const since = iso(NOW_MS - 3_600_000);
  const previousRpo = { ...rpoOf(aClusterInput()), since };
  expect(rpoOf(aClusterInput({ previousRpo })).since).toBe(since);
  expect(rpoOf(aClusterInput({ previousRpo: { ...previousRpo, state: 'unknown' } })).since).toBe(iso(NOW_MS));
});

test('failure domains differ by zone at least', () => {
  expect(inOtherFailureDomain(SITES['aws-use1-a'], SITES['aws-use1-a'])).toBe(false);
  expect(inOtherFailureDomain(SITES['aws-use1-a'], SITES['aws-use1-b'])).toBe(true);
});
