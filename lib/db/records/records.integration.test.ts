import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerFleet, startStore } from '../../../test/store.ts';
import { beginLeaderEpoch, currentLeaderEpoch } from '../ground/leader-epoch.ts';
import { loadClusterViews, storeClusterViews } from '../samples/cluster-latest.ts';
import { FLEET_CHANNEL } from '../ground/channels.ts';
import { loadOpenFindings, openFindings, resolveFindings, updateFindings } from './findings.ts';
import type { StoredFinding } from './findings.ts';
import { learnSystemIdentifier, loadFleet } from '../fleet/fleet.ts';
import {
  advanceIdentity,
  enrolIdentity,
  findIdentityByNodeUuid,
  lockIdentity,
  takeOverInstance,
  unlockIdentity,
} from '../fleet/identities.ts';
import { joinSecretHash, redeemJoinToken } from '../fleet/join-tokens.ts';
import { adoptLeadership } from '../operations/leadership.ts';
import { listen } from '../ground/listen.ts';
import type { Notice } from '../ground/listen.ts';
import { inTransaction } from '../ground/pool.ts';
import { recordInterruption, recordRpo } from '../samples/rpo-periods.ts';
import { loadNodeLatest, storeNodeFacts, storeNodeLatest } from '../samples/samples.ts';
import type { NodeLatestRow } from '../samples/samples.ts';
import { waitFor } from '../../../test/live-postgres.ts';

let store: Awaited<ReturnType<typeof startStore>>;
let fleets = 0;
const aFleet = (names: string[] = ['one', 'two']) => registerFleet(store.pool, `fleet-${++fleets}`, names);
const AT = new Date('2026-11-20T12:00:00.000Z');
const later = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000);

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.stop());

describe('latest report', () => {
  const report = (nodeId: number, sequence: number, text = 'x'): NodeLatestRow => ({
    nodeId,
    observedAtMs: AT.getTime() + sequence,
    receivedAtMs: AT.getTime(),
    sequence,
    agentVersion: '1',
    observation: { server: { state: 'stopped', message: text } } as unknown as NodeLatestRow['observation'],
  });

  test('only a newer sequence replaces it, and facts stay', async () => {
    const { nodeIds } = await aFleet(['one']);
    const nodeId = nodeIds[0] ?? 0;
    await storeNodeLatest(store.pool, [report(nodeId, 5), report(nodeId, 7, 'newest'), report(nodeId, 6)]);
    const facts = { hostName: 'h' } as unknown as Parameters<typeof storeNodeFacts>[1][number]['facts'];
    await storeNodeFacts(store.pool, [{ nodeId, factsAtMs: AT.getTime(), facts }]);
    await storeNodeLatest(store.pool, [report(nodeId, 3, 'old')]);
    await storeNodeLatest(store.pool, [report(nodeId, 8, 'still newer')]);
    const [latest] = await loadNodeLatest(store.pool, [nodeId]);
    expect(latest).toMatchObject({ sequence: 8, observation: { server: { message: 'still newer' } }, facts: { hostName: 'h' } });
  });

  test('what jsonb can’t hold in what a node sent does not fail the batch', async () => {
    const { nodeIds } = await aFleet();
    const hostile = 'a\0\0b\\u0000\u001e\\\0\ud800\ud83d\udc18\\ud800';
    const rows = nodeIds.map((nodeId) => ({ ...report(nodeId, 1, hostile), agentVersion: '1\0' }));
    await storeNodeLatest(store.pool, rows);
    const [latest] = await loadNodeLatest(store.pool, nodeIds.slice(0, 1));
    expect(latest?.observation.server.message).toBe('a\ufffd\ufffdb\\u0000\u001e\\\ufffd\ufffd\ud83d\udc18\\ud800');
  });
});

describe('identities', () => {
  const enrol = (nodeId: number, fingerprintSha256: string) =>
    enrolIdentity(store.pool, { nodeId, fingerprintSha256, notAfter: later(3600), instanceId: randomUUID(), at: AT });

  test('of two renewals from one generation exactly one wins, and the previous certificate is still known', async () => {
    const { nodeIds } = await aFleet(['one']);
    const nodeId = nodeIds[0] ?? 0;
    expect(await enrol(nodeId, 'first')).toBe(1);
    const renew = (fingerprintSha256: string) =>
      advanceIdentity(store.pool, { nodeId, fromGeneration: 1, fingerprintSha256, notAfter: later(7200) });
    const results = await Promise.all([renew('second-a'), renew('second-b')]);
    expect(results.filter((generation) => generation === 2)).toHaveLength(1);
    expect(results.filter((generation) => generation === null)).toHaveLength(1);
    const node = (await loadFleet(store.pool)).flatMap(({ nodes }) => nodes).find(({ id }) => id === nodeId);
    const known = await findIdentityByNodeUuid(store.pool, node?.uuid ?? '');
    expect(known).toMatchObject({ nodeId, generation: 2, previousSha256: 'first', nodeName: 'one', retired: false });
    expect(await findIdentityByNodeUuid(store.pool, randomUUID())).toBeNull();
  });

  test('a locked identity does not renew or change hands; a new join or an unlock frees it', async () => {
    const { nodeIds } = await aFleet(['one']);
    const nodeId = nodeIds[0] ?? 0;
    await enrol(nodeId, `locked-${nodeId}`);
    expect(await lockIdentity(store.pool, nodeId, 'two holders', AT)).toBe(true);
    expect(await lockIdentity(store.pool, nodeId, 'again', AT)).toBe(false);
    expect(await advanceIdentity(store.pool, { nodeId, fromGeneration: 1, fingerprintSha256: 'x', notAfter: later(1) })).toBeNull();
    expect(await takeOverInstance(store.pool, nodeId, null, randomUUID())).toBe(false);
    expect(await unlockIdentity(store.pool, nodeId)).toBe('two holders');
    expect(await unlockIdentity(store.pool, nodeId)).toBeNull();
    await lockIdentity(store.pool, nodeId, 'once more', AT);
    expect(await enrol(nodeId, `again-${nodeId}`)).toBe(2);
    const fleet = await loadFleet(store.pool);
    const node = fleet.flatMap(({ nodes }) => nodes).find(({ id }) => id === nodeId);
    expect(node?.identity).toMatchObject({ generation: 2, lockedAtMs: null, previousSha256: null });
    expect(await findIdentityByNodeUuid(store.pool, node?.uuid ?? '')).toMatchObject({ generation: 2 });
  });

  test('an instance is replaced only by who saw the present one', async () => {
    const { nodeIds } = await aFleet(['one']);
    const nodeId = nodeIds[0] ?? 0;
    const instanceId = randomUUID();
    await enrolIdentity(store.pool, { nodeId, fingerprintSha256: `i-${nodeId}`, notAfter: later(9), instanceId, at: AT });
    const [a, b] = [randomUUID(), randomUUID()];
    const results = await Promise.all([
      takeOverInstance(store.pool, nodeId, instanceId, a),
      takeOverInstance(store.pool, nodeId, instanceId, b),
    ]);
    expect(results.sort()).toEqual([false, true]);
  });
});

describe('join tokens', () => {
  const issue = async (nodeId: number, secret: string, expiresAt = later(900)): Promise<void> => {
    await store.pool.query('INSERT INTO join_token (secret_hash, node_id, expires_at) VALUES ($1, $2, $3)', [
      joinSecretHash(secret),
      nodeId,
      expiresAt,
    ]);
  };

  test('a hundred redemptions at once: one succeeds', async () => {
    const { nodeIds } = await aFleet(['one']);
    await issue(nodeIds[0] ?? 0, 'race');
    const attempts = await Promise.all(
      Array.from({ length: 100 }, () => inTransaction(store.pool, (client) => redeemJoinToken(client, 'race', 'one', AT))),
    );
    expect(attempts.filter(({ redeemed }) => redeemed)).toHaveLength(1);
    expect(attempts.filter((attempt) => !attempt.redeemed && attempt.why === 'used')).toHaveLength(99);
  });

  test('each refusal says why, and leaves the token', async () => {
    const { nodeIds } = await aFleet(['one']);
    await issue(nodeIds[0] ?? 0, 'late', later(-1));
    await issue(nodeIds[0] ?? 0, 'other');
    expect(await redeemJoinToken(store.pool, 'guess', 'one', AT)).toMatchObject({ why: 'unknown' });
    expect(await redeemJoinToken(store.pool, 'late', 'one', AT)).toMatchObject({ why: 'expired' });
    expect(await redeemJoinToken(store.pool, 'other', 'two', AT)).toMatchObject({
      why: 'other-node',
      sentence: expect.stringContaining('for the node one'),
    });
    expect(await redeemJoinToken(store.pool, 'other', 'one', AT)).toMatchObject({ redeemed: true, nodeName: 'one' });
  });
});

test('of two changes of one leadership exactly one is written, and a term only grows', async () => {
  const { clusterId } = await aFleet();
  const slug = `fleet-${fleets}`;
  const conclude = (expectedTerm: number | null, holder: string) => {
    const about = { clusterId, cluster: slug, expectedTerm, holder, timeline: 1, sinceMs: AT.getTime() };
    return adoptLeadership(store.pool, { ...about, source: 'first-seen' });
  };
  expect((await Promise.all([conclude(null, 'one'), conclude(null, 'two')])).sort()).toEqual([false, true]);
  expect((await Promise.all([conclude(1, 'one'), conclude(1, 'two')])).sort()).toEqual([false, true]);
  expect(await conclude(1, 'one')).toBe(false);
});

test('a finding is open once, is kept up to date, and opens again after it was resolved', async () => {
  const { clusterId } = await aFleet();
  const finding = (changes: Partial<StoredFinding> = {}): StoredFinding => ({
    id: randomUUID(),
    clusterId,
    code: 'slot-inactive',
    severity: 'warning',
    nodeName: 'one',
    subject: null,
    summary: 'first',
    evidence: { retained: { kind: 'bytes', value: 5 } },
    since: AT.toISOString(),
    lastSeenAt: AT.toISOString(),
    ...changes,
  });
  const mine = async () => (await loadOpenFindings(store.pool)).filter((open) => open.clusterId === clusterId);
  const first = finding();
  await openFindings(store.pool, [first, finding({ subject: 'slot_a' }), finding()]);
  expect(await mine()).toHaveLength(2);
  await updateFindings(store.pool, [{ ...first, severity: 'critical', summary: 'worse' }]);
  expect(await mine()).toContainEqual({ ...first, severity: 'critical', summary: 'worse' });
  await resolveFindings(store.pool, [first.id], later(5));
  await openFindings(store.pool, [finding({ summary: 'again' })]);
  expect((await mine()).map(({ summary }) => summary).sort()).toEqual(['again', 'first']);
});

test('RPO periods follow each other without a gap, and unobserved time is unknown', async () => {
  const { clusterId } = await aFleet();
  const see = (state: 'guaranteed-zero' | 'best-effort' | 'unknown', seconds: number, boundSeconds: number | null) =>
    recordRpo(store.pool, [{ clusterId, state, boundSeconds, reason: state, atMs: later(seconds).getTime() }]);
  await see('best-effort', 0, 1);
  await see('best-effort', 1, 4);
  await see('best-effort', 2, 2);
  await see('guaranteed-zero', 3, 0);
  await storeClusterViews(store.pool, [{ clusterId, view: { slug: 's', computedAt: later(10).toISOString() } as never, boards: null }], {
    leaderEpoch: 1,
    counter: 1,
  });
  expect(await recordInterruption(store.pool, later(12))).toBe(0);
  expect(await recordInterruption(store.pool, later(60))).toBe(1);
  await see('best-effort', 61, 1);
  const { rows } = await store.pool.query(
    `SELECT state, extract(epoch FROM started_at - $2)::int AS s, extract(epoch FROM ended_at - $2)::int AS e, bound_seconds_max AS bound
     FROM rpo_period WHERE cluster_id = $1 ORDER BY id`,
    [clusterId, AT],
  );
  expect(rows).toEqual([
    { state: 'best-effort', s: 0, e: 3, bound: 4 },
    { state: 'guaranteed-zero', s: 3, e: 10, bound: 0 },
    { state: 'unknown', s: 10, e: 60, bound: null },
    { state: 'best-effort', s: 61, e: null, bound: 1 },
  ]);
});

test('which view is newer, leadership and number say and no clock', async () => {
  const { clusterId } = await aFleet();
  const view = (seconds: number) => ({ clusterId, view: { slug: 's', computedAt: later(seconds).toISOString() } as never, boards: null });
  const store1 = (seconds: number, leaderEpoch: number, counter: number) =>
    storeClusterViews(store.pool, [view(seconds)], { leaderEpoch, counter });
  const stored = async () => (await loadClusterViews(store.pool)).find((row) => row.clusterId === clusterId)?.view.computedAt;
  expect(await store1(500, 2, 7)).toEqual([]);
  // The clock was put back, or the next leader's is behind: what is computed now stands.
  expect(await store1(1, 2, 8)).toEqual([]);
  expect(await stored()).toBe(later(1).toISOString());
  expect(await store1(0, 3, 1)).toEqual([]);
  expect(await stored()).toBe(later(0).toISOString());
  // A late write of an earlier leader, and the same one twice, are told apart and change nothing.
  expect(await store1(900, 2, 9)).toEqual([clusterId]);
  expect(await store1(900, 3, 1)).toEqual([clusterId]);
  expect(await stored()).toBe(later(0).toISOString());
});

test('a leader epoch is never given twice, also by a database from a backup', async () => {
  const first = await beginLeaderEpoch(store.pool, 0);
  expect(await beginLeaderEpoch(store.pool, 0)).toBe(first + 1);
  await store.pool.query('UPDATE leader_epoch SET epoch = 1');
  expect(await beginLeaderEpoch(store.pool, first + 1)).toBe(first + 2);
  expect(await currentLeaderEpoch(store.pool)).toBe(first + 2);
});

test('the first system identifier stays', async () => {
  const { clusterId } = await aFleet();
  expect(await learnSystemIdentifier(store.pool, clusterId, '42')).toBe('42');
  expect(await learnSystemIdentifier(store.pool, clusterId, '43')).toBe('42');
});

test('a listener hears of a registered node, and tells when it was away', async () => {
  const notices: Notice[] = [];
  const listener = listen(store.url, [FLEET_CHANNEL], (notice) => notices.push(notice), { applicationName: 'deaf test' });
  const listening = () => notices.filter(({ kind }) => kind === 'listening').length;
  const heard = () => notices.filter(({ kind }) => kind === 'message').length;
  try {
    await waitFor('the listener', () => listening() === 1);
    await aFleet(['one']);
    await waitFor('the notices', () => heard() >= 2);
    await store.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'deaf test'`);
    await waitFor('the listener again', () => listening() === 2);
    const before = heard();
    await aFleet(['one']);
    await waitFor('the notices again', () => heard() > before);
  } finally {
    await listener.stop();
  }
  expect(listener.connected()).toBe(false);
});
