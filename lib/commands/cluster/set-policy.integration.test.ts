import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aPerson } from '../../../test/builders/index.ts';
import { startStore } from '../../../test/store.ts';
import { createPrisma } from '../../db/ground/prisma.ts';
import type { Prisma } from '../../db/ground/prisma.ts';
import type { PolicyChanges } from '../../domain/policy/cluster-policy.ts';
import { DEFAULT_POLICY, readPolicy } from '../../domain/policy/cluster-policy.ts';
import type { Role } from '../../domain/policy/permissions.ts';
import type { CommandContext } from '../define.ts';
import { createCluster } from './create.ts';
import { setPolicy } from './set-policy.ts';

const reason = 'two people are on call from now on';
let store: Awaited<ReturnType<typeof startStore>>;
let prisma: Prisma;

beforeAll(async () => {
  store = await startStore();
  prisma = createPrisma(store.url);
}, 120_000);
afterAll(async () => {
  await prisma?.$disconnect();
  await store?.stop();
});

const by = (role: Role): CommandContext => ({ prisma, actor: aPerson(role), at: new Date() });
const set = (changes: PolicyChanges, version = 1, why = reason, role: Role = 'admin', cluster = slug) =>
  setPolicy(by(role), { cluster, version, changes, reason: why });

let slug = '';
let made = 0;
beforeEach(async () => {
  slug = `policy-${(made += 1)}`;
  expect(await createCluster(by('admin'), { slug, name: 'Policy' })).toMatchObject({ ok: true });
});

const row = async () => {
  const { rows } = await store.pool.query('SELECT * FROM cluster WHERE slug = $1', [slug]);
  return rows[0] as Record<string, unknown> & { id: number; policy: Record<string, unknown>; policy_version: number };
};

describe('cluster.set-policy', () => {
  test('an administrator sets it, with the difference in the audit log; nobody else does', async () => {
    expect(await set({ approvalsRequired: 2, jurisdictions: [], environment: 'staging' })).toMatchObject({
      ok: true,
      value: { version: 2 },
    });
    const { rows } = await store.pool.query<{ body: string }>(
      `SELECT body FROM audit_event WHERE action = 'cluster.set-policy' ORDER BY sequence DESC`,
    );
    expect(JSON.parse(rows[0]!.body)).toEqual({
      ...{ reason, version: 2 },
      before: { environment: 'production', approvalsRequired: 0 },
      after: { environment: 'staging', approvalsRequired: 2 },
    });
    for (const role of ['operator', 'approver', 'auditor', 'viewer'] as const) {
      expect(await set({ approvalsRequired: 0 }, 2, reason, role)).toMatchObject({ ok: false, kind: 'denied' });
    }
    expect(readPolicy((await row()).policy)).toEqual({ ...DEFAULT_POLICY, environment: 'staging', approvalsRequired: 2 });
  });

  test.each<[string, unknown]>([
    ['three approvals', { approvalsRequired: 3 }],
    ['a negative number', { approvalsRequired: -1 }],
    ['half a person', { approvalsRequired: 0.5 }],
    ['no number', { approvalsRequired: Number.NaN }],
    ['a kind with too many', { approvalsByKind: { failover: 3 } }],
    ['an unknown environment', { environment: 'prod' }],
    ['an objective of years', { rtoObjectiveSeconds: 1e9 }],
    ['a country in small letters', { jurisdictions: ['us'] }],
    ['markup as a source', { rpoObjectiveSource: '<b>' }],
    ['a setting that there is not', { approvals: 0 }],
  ])('refuses %s', async (_what, changes) => {
    expect(await set(changes as PolicyChanges)).toMatchObject({ ok: false, kind: 'invalid' });
    expect((await row()).policy_version).toBe(1);
  });

  test('needs a reason, a cluster, and a difference', async () => {
    for (const missing of ['', 'because']) {
      const answer = await set({ approvalsRequired: 1 }, 1, missing);
      expect(answer).toMatchObject({ ok: false, kind: 'invalid', reasons: expect.arrayContaining([expect.stringContaining('reason')]) });
    }
    expect(await set({ approvalsRequired: 1 }, 1, reason, 'admin', 'nowhere')).toMatchObject({ ok: false, kind: 'refused' });
    expect(await set({ approvalsRequired: 0 })).toMatchObject({ ok: false, kind: 'refused' });
  });

  test('of two changes at once the second gets a conflict, whichever it is', async () => {
    for (let round = 1; round <= 10; round += 1) {
      const answers = await Promise.all([set({ rtoObjectiveSeconds: round }, round), set({ rpoObjectiveSeconds: round }, round)]);
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
      expect(answers.find(({ ok }) => !ok)).toMatchObject({ kind: 'refused', particulars: { code: 'policy-changed' } });
      expect((await row()).policy_version).toBe(round + 1);
    }
  });

  test('a change that was made from older settings is refused, and says which are the newest', async () => {
    expect(await set({ rtoObjectiveSeconds: 60 })).toMatchObject({ ok: true });
    expect(await set({ rpoObjectiveSeconds: 5 })).toMatchObject({ ok: false, particulars: { code: 'policy-changed', version: 2 } });
  });

  test('keeps settings of a newer release', async () => {
    await store.pool.query(`UPDATE cluster SET policy = policy || '{"lagLimitSeconds": 9}', policy_version = 2 WHERE slug = $1`, [slug]);
    expect(await set({ tier: 1 }, 2)).toMatchObject({ ok: true });
    expect((await row()).policy).toMatchObject({ lagLimitSeconds: 9, tier: 1 });
  });
});

describe('the database itself', () => {
  const request = async (kind: string) => {
    const { rows } = await store.pool.query<{ required: number; state: string }>(
      `INSERT INTO operation (id, cluster_id, kind, plan_hash, plan, state, approvals_required, requested_by, reason)
       VALUES (gen_random_uuid(), $1, $2, repeat('0', 64), '{}', 'queued', 0, 'user:1', 'a reason')
       RETURNING approvals_required AS required, state`,
      [(await row()).id, kind],
    );
    await store.pool.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE cluster_id = $1`, [(await row()).id]);
    return rows[0];
  };

  test('counts approvals by the kind of the operation', async () => {
    expect(await set({ approvalsRequired: 1, approvalsByKind: { drill: 0, failover: 2 } })).toMatchObject({ ok: true });
    expect(await request('drill')).toEqual({ required: 0, state: 'queued' });
    expect(await request('failover')).toEqual({ required: 2, state: 'awaiting-approval' });
    expect(await request('switchover')).toEqual({ required: 1, state: 'awaiting-approval' });
  });

  test('refuses a change that does not count itself, and environments that there are not', async () => {
    const update = (assignment: string) => store.pool.query(`UPDATE cluster SET ${assignment} WHERE slug = $1`, [slug]);
    await expect(update(`policy = policy || '{"tier": 1}'`)).rejects.toThrow(/raise their version/);
    await expect(update('policy_version = policy_version + 1')).rejects.toThrow(/raise their version/);
    await expect(update(`policy = policy || '{"environment": "prod"}', policy_version = 2`)).rejects.toThrow(/environment_is_known/);
    await expect(update(`policy = policy || '{"approvalsRequired": -1}', policy_version = 2`)).rejects.toThrow(/approvals_are_a_number/);
    await expect(update(`environment = 'lab'`)).rejects.toThrow(/only be updated to DEFAULT/);
  });
});

describe('beside the release before, which knows the four columns', () => {
  test('its changes reach the policy and raise the version; ours reach its columns', async () => {
    await store.pool.query(`UPDATE cluster SET approvals_required = 2, rpo_objective_seconds = 7, jurisdictions = '{EU}' WHERE slug = $1`, [
      slug,
    ]);
    expect(await row()).toMatchObject({
      ...{ policy_version: 2, approvals_default: 2 },
      policy: { approvalsRequired: 2, rpoObjectiveSeconds: 7, jurisdictions: ['EU'], environment: 'production' },
    });
    expect(await set({ rpoObjectiveSeconds: 3 }, 1)).toMatchObject({ ok: false, particulars: { code: 'policy-changed', version: 2 } });
    expect(await set({ rpoObjectiveSeconds: 3, rtoObjectiveSeconds: 60, jurisdictions: ['US', 'CA'] }, 2)).toMatchObject({ ok: true });
    expect(await row()).toMatchObject({
      ...{ approvals_required: 2, rpo_objective_seconds: 3, rto_objective_seconds: 60, jurisdictions: ['US', 'CA'] },
    });
  });

  test('a cluster that it registers has a whole policy', async () => {
    slug = 'made-before';
    await store.pool.query(`INSERT INTO cluster (slug, name, jurisdictions, rpo_objective_seconds) VALUES ($1, 'x', '{EU}', 30)`, [slug]);
    expect(readPolicy((await row()).policy)).toEqual({ ...DEFAULT_POLICY, jurisdictions: ['EU'], rpoObjectiveSeconds: 30 });
  });
});
