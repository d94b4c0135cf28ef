import { describe, expect, test } from 'vitest';
import { aClusterInput, aPolicy, notAnswering, silentFor, withNode, withPostgres } from '../../../../test/builders/cluster.ts';
import { NOW_MS } from '../../../../test/builders/moment.ts';
import { anAuthority, aLedgerInput, aPlan, aPlanningInput, withDeadPrimary } from '../../../../test/builders/operation.ts';
import { abortMatrix } from '../machine/abort-matrix.ts';
import { lookAhead } from './checks.ts';
import type { PlanningInput, PlanningNode } from '../plan/inputs.ts';
import type { Check, OperationRequest } from '../model.ts';
import type { TablespacesView } from '../../topology/model.ts';
import { reversionReadiness } from '../plan/reversion-readiness.ts';

const SWITCHOVER: OperationRequest = { kind: 'switchover', target: 'aws-use1-b' };
const FAILOVER: OperationRequest = { kind: 'failover', target: null, fence: 'agent' };
const healthy = aPlanningInput();
const dead = aPlanningInput(withDeadPrimary(aClusterInput()));

const changed = (input: PlanningInput, name: string, change: (node: PlanningNode) => Partial<PlanningNode>): PlanningInput => {
  return { ...input, nodes: input.nodes.map((node) => (node.name === name ? { ...node, ...change(node) } : node)) };
};
const withAuthority = (name: string, overrides: Parameters<typeof anAuthority>[0]) =>
  changed(healthy, name, ({ observation }) => ({
    observation: { ...observation!, authority: { ...observation!.authority!, ...overrides } },
  }));
const find = (input: PlanningInput, id: string, request: OperationRequest = SWITCHOVER): Check | undefined =>
  lookAhead(aPlan(request, input), input).checks.find((check) => check.id === id);

describe('switchover', () => {
  test('nothing blocks in a correct cluster, and nothing needs to be acknowledged', () => {
    const outlook = lookAhead(aPlan(SWITCHOVER), healthy);
    expect(outlook.checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(outlook).toMatchObject({ blocked: [], acknowledge: [], loss: { bytes: 0, seconds: 0 } });
    expect(outlook.loss.sentence).toMatch(/No acknowledged row of a logged table is lost/);
  });

  test('nothing blocks in the synchronous one either', () => {
    const input = aPlanningInput(aLedgerInput());
    expect(lookAhead(aPlan({ kind: 'switchover', target: 'gcp-euw4-a' }, input), input).blocked).toEqual([]);
  });

  const target = (overrides: Parameters<typeof withPostgres>[1]) =>
    aPlanningInput(withNode(aClusterInput(), 'aws-use1-b', (node) => withPostgres(node, overrides)));
  const primary = (overrides: Parameters<typeof withPostgres>[1]) =>
    aPlanningInput(withNode(aClusterInput(), 'aws-use1-a', (node) => withPostgres(node, overrides)));
  const archiver = { ...healthy.nodes[0]!.observation!.postgres!.archiver };
  test.each<[string, PlanningInput, string, Check['verdict'], RegExp]>([
    [
      'an operation under way',
      {
        ...healthy,
        underWay: [{ id: '1', kind: 'restart', state: 'running', lane: 'node', has: ['aws-use1-b'], reliesOn: [], waitsFor: [] }],
      },
      'no-other-operation',
      'fail',
      /a restart is running/,
    ],
    [
      'an agent that only observes',
      changed(healthy, 'aws-use1-b', ({ observation }) => ({ observation: { ...observation!, authority: null } })),
      'agent-acts-aws-use1-b',
      'fail',
      /only observes/,
    ],
    [
      'a missing grant',
      withAuthority('aws-use1-b', { obstacles: ['The control role may not promote.'] }),
      'agent-acts-aws-use1-b',
      'fail',
      /may not promote/,
    ],
    ['an agent that fell silent', { ...healthy, nowMs: NOW_MS + 6_000 }, 'agent-acts-aws-use1-a', 'fail', /last seen/],
    ['an unknown peer', withAuthority('aws-use1-a', { peers: ['rax-dfw-a'] }), 'peers-aws-use1-a', 'fail', /unknown: aws-use1-b/],
    [
      'a pooler out of reach',
      withAuthority('aws-use1-b', {
        poolers: [{ name: 'payments-endpoint', reachable: false, paused: null, primary: null, message: null }],
      }),
      'pooler-payments-endpoint',
      'fail',
      /does not answer/,
    ],
    [
      'a directory that must not start',
      withAuthority('aws-use1-b', { unusable: { since: '2026-11-20T11:00:00.000Z', reason: 'A rewind did not finish.' } }),
      'directory-aws-use1-b',
      'fail',
      /rewind did not finish/,
    ],
    ['replay that is paused', target({ replayPaused: true }), 'replay-runs', 'fail', /paused/],
    ['a target far behind', target({ receiveLsn: '0/1000000', replayLsn: '0/1000000' }), 'target-transport', 'fail', /MB to receive/],
    ['another major version', target({ serverVersionNumber: 160_001 }), 'same-system', 'fail', /PostgreSQL 16/],
    ['another system', target({ systemIdentifier: '1' }), 'same-system', 'fail', /system identifier 1/],
    ['a long archive backlog', primary({ archiver: { ...archiver, readyCount: 200 } }), 'archive-backlog', 'fail', /200 segments/],
    ['a short archive backlog', primary({ archiver: { ...archiver, readyCount: 20 } }), 'archive-backlog', 'warn', /20 segments/],
    ['a rule about places', { ...healthy, policy: aPolicy({ jurisdictions: ['EU'] }) }, 'residency-aws-use1-b', 'fail', /US/],
    [
      'a maintenance',
      changed(healthy, 'aws-use1-b', () => ({ maintenance: { owner: 'ada', reason: 'New disk.', endsAt: '' } })),
      'maintenance-aws-use1-b',
      'fail',
      /ada: New disk/,
    ],
    ['settings that were not reported', changed(healthy, 'aws-use1-b', () => ({ facts: null })), 'parameters', 'unknown', /unknown/],
  ])('%s', (_what, input, id, verdict, value) => {
    const found = find(input, id);
    expect(found).toMatchObject({ verdict, value: expect.stringMatching(value) as string });
    expect(found?.mend).not.toBe('');
    const { blocked } = lookAhead(aPlan(SWITCHOVER, input), input);
    expect(blocked.length > 0).toBe(verdict !== 'warn');
  });

  test('the expected outage rests on earlier runs of the same kind', () => {
    const earlier = [180, 90, 120].map((writeOutageMs) => ({ kind: 'switchover' as const, writeOutageMs, endedAt: '' }));
    const { outage } = lookAhead(aPlan(SWITCHOVER), {
      ...healthy,
      earlier: [...earlier, { kind: 'failover', writeOutageMs: 9_000, endedAt: '' }],
    });
    expect(outage.earlier).toEqual({ runs: 3, minMs: 90, medianMs: 120, maxMs: 180 });
    expect(lookAhead(aPlan(SWITCHOVER), healthy).outage.sentence).toMatch(/^Not measured yet/);
  });
});

describe('failover', () => {
  test('with the primary dead it may begin; its loss is told from the last known position, and must be acknowledged', () => {
    const outlook = lookAhead(aPlan(FAILOVER, dead), dead);
    expect(outlook.blocked).toEqual([]);
    expect(outlook.loss).toMatchObject({ bytes: expect.any(Number) as number, measuredAt: dead.view.lastPrimary!.observedAt });
    expect(outlook.loss.sentence).toMatch(/of what aws-use1-a had written when it was seen last/);
    expect(outlook.acknowledge).toEqual(['Rows that aws-use1-a acknowledged and no standby has received are lost.']);
  });

  test('a clock far off stops what can be planned for, and never a failover', () => {
    const off = (input: PlanningInput): PlanningInput => ({
      ...input,
      view: {
        ...input.view,
        nodes: input.view.nodes.map((node) => (node.name === 'aws-use1-b' ? { ...node, clockOffsetMs: 300_000 } : node)),
      },
    });
    expect(find(off(healthy), 'clock-aws-use1-b')).toMatchObject({ verdict: 'fail', value: 'off by 5 min' });
    expect(find(off(dead), 'clock-aws-use1-b', FAILOVER)).toMatchObject({ verdict: 'warn' });
  });

  test('what is to be acknowledged stays word for word while figures move', () => {
    expect(lookAhead(aPlan(FAILOVER, dead), { ...dead, nowMs: NOW_MS + 30_000 }).acknowledge).toEqual(
      lookAhead(aPlan(FAILOVER, dead), dead).acknowledge,
    );
  });

  test('a primary that works is no case for it', () => {
    expect(find(healthy, 'old-primary-gone', FAILOVER)).toMatchObject({
      verdict: 'fail',
      mend: expect.stringMatching(/Use a switchover/) as string,
    });
  });

  test('a primary out of sight can’t be fenced by its agent; on a person’s statement it can', () => {
    const unseen = aPlanningInput(withNode(aClusterInput(), 'aws-use1-a', (node) => silentFor(node, 60_000)));
    expect(find(unseen, 'fence-possible', FAILOVER)).toMatchObject({ verdict: 'fail' });
    const override: OperationRequest = { kind: 'failover', target: null, fence: 'override' };
    expect(find(unseen, 'fence-possible', override)).toMatchObject({ verdict: 'warn' });
    expect(lookAhead(aPlan(override, unseen), unseen).acknowledge.at(-1)).toBe('aws-use1-a is off: I state it, and Farshore has no proof.');
  });

  test('a standby that is down or not seen is left out: a warning says so, and it must be acknowledged by name', () => {
    const dead = withDeadPrimary(aClusterInput());
    const whole = aPlanningInput(dead);
    expect(lookAhead(aPlan(FAILOVER, whole), whole).acknowledge).toHaveLength(1);
    expect(lookAhead(aPlan(FAILOVER, whole), whole).checks.filter(({ id }) => id.startsWith('takes-part-'))).toEqual([]);

    const partly = aPlanningInput(
      withNode(
        withNode(dead, 'rax-dfw-a', (node) => silentFor(node, 60_000)),
        'gcp-use4-a',
        (node) => notAnswering(node, 'stopped'),
      ),
    );
    const outlook = lookAhead(aPlan(FAILOVER, partly), partly);
    expect(outlook.acknowledge.slice(1)).toEqual(
      expect.arrayContaining([
        'rax-dfw-a is left out: rows that only it has received are lost.',
        'gcp-use4-a is left out: rows that only it has received are lost.',
      ]),
    );
    expect(outlook.blocked).toEqual([]);
    expect(outlook.checks.find(({ id }) => id === 'takes-part-rax-dfw-a')).toMatchObject({
      verdict: 'warn',
      value: expect.stringMatching(/^Last seen .* ago$/) as string,
      mend: expect.stringMatching(/Wait until it is seen and plan again/) as string,
    });
    expect(outlook.checks.find(({ id }) => id === 'takes-part-gcp-use4-a')).toMatchObject({ verdict: 'warn', value: 'stopped' });
  });

  test('in a synchronous cluster no acknowledged row is lost, as long as enough standbys are seen', () => {
    const ledger = aPlanningInput(withDeadPrimary(aLedgerInput()));
    expect(lookAhead(aPlan(FAILOVER, ledger), ledger).loss).toMatchObject({
      bytes: 0,
      sentence: expect.stringMatching(/^No row whose commit waited/) as string,
    });
    const lone = aPlanningInput(withNode(withDeadPrimary(aLedgerInput()), 'az-weu-a', (node) => silentFor(node, 60_000)));
    const outlook = lookAhead(aPlan(FAILOVER, lone), lone);
    expect(outlook.loss.sentence).not.toMatch(/^No row/);
    expect(outlook.checks.find(({ id }) => id === 'quorum')).toMatchObject({ verdict: 'warn' });
  });
});

test('readiness of a reversion names what is in the way, for the primary too', () => {
  const ready = reversionReadiness(healthy, 'aws-use1-a');
  expect(ready.rewind).toMatchObject({ possible: true });
  expect(ready['re-clone']).toMatchObject({ possible: true, bytes: 30_000_000 });
  const withoutHints = changed(healthy, 'aws-use1-a', ({ facts }) => ({
    facts: { ...facts!, rewindObstacles: ['pg_rewind is not installed.'] },
  }));
  expect(reversionReadiness(withoutHints, 'aws-use1-a').rewind).toMatchObject({
    possible: false,
    reasons: expect.arrayContaining(['pg_rewind is not installed.']) as string[],
  });
});

test('a full disk is said before a rewind, and does not stop it: the next way empties the disk', () => {
  const target = 'rax-dfw-a';
  const full = { purpose: 'wal', path: '/wal', sizeBytes: 640 * 1024 ** 2, freeBytes: 4096 } as const;
  const down = aPlanningInput(withNode(aClusterInput(), target, (node) => notAnswering(node, 'stopped')));
  const nodes = down.view.nodes.map((node) => (node.name === target ? { ...node, volumes: [full] } : node));
  const led = { ...down, view: { ...down.view, nodes } };
  const request = (method: 'rewind' | 're-clone'): OperationRequest => ({ kind: 'reversion', target, method, switchBack: false });
  expect(find(led, `disk-${target}`, request('rewind'))).toMatchObject({
    verdict: 'warn',
    mend: expect.stringContaining('free space') as string,
  });
  expect(find(led, `disk-${target}`, request('re-clone'))).toBeUndefined();
});

test('a new copy needs the primary’s tablespaces at the same paths: too small blocks, what is unknown is a warning', () => {
  const target = 'rax-dfw-a';
  const down = aPlanningInput(withNode(aClusterInput(), target, (node) => notAnswering(node, 'stopped')));
  const request: OperationRequest = { kind: 'reversion', target, method: 're-clone', switchBack: false };
  const withTablespaces = (ofPrimary: TablespacesView | null, own: TablespacesView | null) => {
    const nodes = down.view.nodes.map((node) =>
      node.name === down.view.primary ? { ...node, tablespaces: ofPrimary } : node.name === target ? { ...node, tablespaces: own } : node,
    );
    return { ...down, view: { ...down.view, nodes } };
  };
  const volume = (sizeBytes: number, freeBytes: number) => ({ volumes: [{ mountPoint: '/ts', sizeBytes, freeBytes }], more: 0 });
  const id = 'room-for-tablespaces-/ts';
  expect(find(withTablespaces(volume(900, 300), volume(600, 0)), id, request)).toMatchObject({ verdict: 'pass' });
  expect(find(withTablespaces(volume(900, 300), volume(599, 599)), id, request)).toMatchObject({ verdict: 'fail', node: target });
  expect(find(withTablespaces(volume(900, 300), null), id, request)).toMatchObject({ verdict: 'warn', value: 'no such volume is known' });
  expect(find(withTablespaces(null, volume(600, 0)), id, request)).toBeUndefined();
  expect(find(withTablespaces({ volumes: [], more: 2 }, null), 'room-for-other-tablespaces', request)).toMatchObject({
    verdict: 'warn',
    value: '2 unknown',
  });
  const added: OperationRequest = { kind: 'add-standby', target, upstream: down.view.primary!, bytesPerSecondMax: null };
  expect(find(withTablespaces(volume(900, 300), null), id, added)).toMatchObject({ verdict: 'warn' });
});

test('what pg_rewind needs was never tested: it may be chosen, with a note, and the plan warns', () => {
  const down = aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => notAnswering(node, 'stopped')));
  const untested = changed(down, 'rax-dfw-a', ({ facts }) => ({
    facts: { ...facts!, control: null, settings: null, rewindObstacles: null },
  }));
  const { possible, reasons } = reversionReadiness(untested, 'rax-dfw-a').rewind;
  expect(possible).toBe(true);
  expect(reasons.join(' ')).toMatch(/was not tested here yet; if it fails, the next method is tried/);
  const request = { kind: 'reversion', target: 'rax-dfw-a', method: 'rewind', switchBack: false } as const;
  expect(find(untested, 'readiness', request)).toMatchObject({
    verdict: 'warn',
    value: expect.stringMatching(/not tested here yet/) as string,
  });
  expect(find(down, 'readiness', request)).toMatchObject({ verdict: 'pass' });
});

test('the abort matrix says for each stage what cancelling and a failure lead to', () => {
  const rows = abortMatrix(aPlan(SWITCHOVER));
  const at = (title: string) => rows.find(({ steps }) => steps.includes(title));
  expect(at('Shut down aws-use1-a (fast)')?.cancel).toMatch(
    /^Rolled back, the last first: aws-use1-a is started again as primary.*payments-endpoint resumes/,
  );
  expect(at('Transfer leadership to the new primary')?.cancel).toMatch(/Not possible any more/);
  expect(at('Promote aws-use1-b')?.failure).toMatch(/It is held/);
});
