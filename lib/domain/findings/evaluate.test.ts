import { describe, expect, test } from 'vitest';
import {
  MB,
  P,
  S,
  archiver,
  away,
  busyTogether,
  evaluate,
  facts,
  hba,
  observed,
  pg,
  setting,
  volumes,
} from '../../../test/builders/incidents.ts';
import {
  NOW_MS,
  aClusterInput,
  aDownstream,
  aPolicy,
  aSlot,
  aStandby,
  aWalReceiver,
  idleLsnTextAt,
  iso,
  withNode,
} from '../../../test/builders/index.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import { describeFinding } from './catalogue.ts';
import type { FindingCode } from './registry.ts';
import { FINDING_CODES, FINDING_KINDS } from './registry.ts';

test('every code stands in the registry once, and has the texts that a person needs', () => {
  expect(new Set(FINDING_CODES).size).toBe(FINDING_CODES.length);
  for (const { title, impact, likelyCauses, nextAction } of FINDING_KINDS) {
    for (const said of [title, impact, nextAction, ...likelyCauses]) expect(said).not.toBe('');
    expect(likelyCauses.length).toBeGreaterThan(0);
  }
});

describe('stays quiet', () => {
  test('on an idle, correct cluster: no finding at all', () => expect(evaluate(aClusterInput())).toEqual([]));

  test.each<[string, ClusterInput]>([
    ['a busy primary whose standbys keep up', busyTogether(aClusterInput())],
    ['the bootstrap superuser exists', pg(P, { downstreams: [aDownstream('aws-use1-b'), aDownstream(S)] })],
    ['loopback ranges and peer', hba({ address: '127.77.0.0', netmask: '255.255.0.0' })],
    ['a wide reject line', hba({ address: '0.0.0.0', netmask: '0.0.0.0', method: 'reject' })],
    ['a wide line for one user', hba({ users: ['app'], address: '10.0.0.0', netmask: '255.0.0.0' })],
    [
      'an old archive failure that was followed by success',
      archiver({ failedCount: 9, lastFailedAt: iso(NOW_MS - 90_000), lastFailedWal: 'W' }),
    ],
    ['a segment that waits a moment', archiver({ readyCount: 1, oldestReadyAgeMs: 3_000 })],
    [
      'an unused spare slot',
      pg(P, { slots: [aSlot('rax_dfw_a'), aSlot('gcp_use4_a', { active: false, restartLsn: null, inactiveSince: iso(NOW_MS - 9e6) })] }),
    ],
    [
      'a spare slot that moves along',
      pg(P, {
        slots: [aSlot('rax_dfw_a'), aSlot('gcp_use4_a', { active: false, inactiveSince: iso(NOW_MS - 9e6), retainedBytes: 2 * MB })],
      }),
    ],
    [
      'a spare slot that moves along under load',
      busyTogether(
        pg(P, {
          slots: [
            aSlot('rax_dfw_a'),
            aSlot('gcp_use4_a', { active: false, inactiveSince: iso(NOW_MS - 9e6), retainedBytes: 2 * MB, safeWalBytes: 300 * MB }),
          ],
        }),
      ),
    ],
    [
      'a standby that restarts: its slot has been idle for five seconds',
      busyTogether(pg(P, { slots: [aSlot('rax_dfw_a', { active: false, inactiveSince: iso(NOW_MS - 5_400), retainedBytes: MB })] })),
    ],
    ['a clock off by less than a second', observed(S, { clock: { offsetMs: 900, uncertaintyMs: 10, chrony: null } })],
    ['a clock whose offset is uncertain', observed(S, { clock: { offsetMs: 1_800, uncertaintyMs: 1_500, chrony: null } })],
    ['checksums without hint logging', facts(S, setting('wal_log_hints', 'off'))],
    ['higher settings on the standby', facts(S, setting('max_connections', '500'))],
    ['a large disk with few percent free', volumes(900 * 1024 ** 3, 10 * 1024 ** 4)],
    ['facts still unknown', { ...aClusterInput(), nodes: aClusterInput().nodes.map((node) => ({ ...node, facts: null })) }],
    [
      'an EU member under an EU rule',
      aClusterInput({
        policy: aPolicy({ jurisdictions: ['EU'] }),
        nodes: aClusterInput().nodes.map((n) => ({ ...n, site: { ...n.site, jurisdiction: 'DE' } })),
      }),
    ],
    [
      'a satisfied quorum',
      pg(P, {
        synchronousStandbyNames: 'ANY 1 ("aws-use1-b")',
        downstreams: [aDownstream('aws-use1-b', { syncState: 'quorum' }), aDownstream(S)],
      }),
    ],
    [
      'a foreign receiver over plain TLS 1.2 that is no node',
      pg(P, {
        downstreams: [
          aDownstream('aws-use1-b'),
          aDownstream(S),
          aDownstream('pg_receivewal', { tls: { version: 'TLSv1.2', cipher: 'X', bits: 256 } }),
        ],
      }),
    ],
  ])('%s', (_, input) => expect(evaluate(input)).toEqual([]));

  test('a standby that is away is its own finding, and not one of what it would say', () => {
    expect(evaluate(away(S, pg(S, { walReceiver: null, replayPaused: true }))).map(({ code }) => code)).toEqual(['node-not-seen']);
  });

  test('nothing is concluded about roles while nothing is seen', () => {
    const nodes = aClusterInput().nodes.map((node) => ({ ...node, latest: { ...node.latest!, observedAtMs: NOW_MS - 9e6 } }));
    expect(new Set(evaluate(aClusterInput({ nodes })).map(({ code }) => code))).toEqual(new Set(['node-not-seen']));
  });
});

describe('what can’t be seen is held', () => {
  const open = (code: FindingCode, nodeName: string | null, subject: string | null = null) =>
    describeFinding({ code, severity: 'critical', nodeName, subject, summary: 'As it was.', evidence: {} }, 'id', NOW_MS - 60_000);
  const heldCodes = (input: ClusterInput) =>
    evaluate(input)
      .filter(({ held }) => held)
      .map(({ code }) => code);

  test('a finding on a node that went silent stays open with its last words', () => {
    const input = {
      ...away(S),
      openFindings: [open('standby-not-receiving', S), open('clock-skew', S), open('hba-weak-method', S, 'line 3')],
    };
    expect(heldCodes(input)).toEqual(['standby-not-receiving', 'clock-skew', 'hba-weak-method']);
  });

  test('it is not held once the node is seen again', () => {
    expect(heldCodes({ ...aClusterInput(), openFindings: [open('standby-not-receiving', S)] })).toEqual([]);
  });

  test('a split brain does not end by losing sight of one side', () => {
    expect(heldCodes({ ...away(S), openFindings: [open('two-writable-nodes', null, `${P}, ${S}`)] })).toEqual(['two-writable-nodes']);
    expect(heldCodes({ ...away(S), openFindings: [open('two-writable-nodes', null, `${P}, gcp-use4-a`)] })).toEqual([]);
  });

  test('an unencrypted stream that is down is still not proven encrypted', () => {
    const down = pg(P, { downstreams: [] });
    expect(heldCodes({ ...down, openFindings: [open('tls-off', S, P)] })).toEqual(['tls-off']);
  });

  test('a node that was taken out takes its findings along', () => {
    const nodes = aClusterInput().nodes.filter(({ name }) => name !== S);
    expect(heldCodes(aClusterInput({ nodes, openFindings: [open('clock-skew', S)] }))).toEqual([]);
  });
});

test('a cascade whose middle is cut: the finding names the node that receives nothing', () => {
  const held = idleLsnTextAt(NOW_MS - 9_000);
  const input = withNode(aClusterInput(), 'gcp-use4-a', () =>
    aStandby('gcp-use4-a', 'aws-use1-b', {
      postgres: { receiveLsn: held, replayLsn: held, walReceiver: aWalReceiver({ lastMessageReceivedAt: iso(NOW_MS - 9_000) }) },
    }),
  );
  expect(evaluate(input).map(({ code, nodeName }) => [code, nodeName])).toEqual([['standby-not-receiving', 'gcp-use4-a']]);
});
