/** Commands of operations, under the web's narrow database role: allowed, denied, invalid, refused, and at the same moment. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NOW_MS, aPerson, aToken } from '../../../test/builders/index.ts';
import { anActingCluster, moveOperation, recordEvent, storeCluster } from '../../../test/web/stored-cluster.ts';
import { startWebDatabase, type WebTestDatabase } from '../../../test/web/web-database.ts';
import { createPrisma, type Prisma } from '../../db/ground/prisma.ts';
import type { Plan } from '../../domain/operation/model.ts';
import type { Actor, Role } from '../../domain/policy/permissions.ts';
import { previewOf } from '../../queries/operations/plan.ts';
import type { CommandContext, CommandResult } from '../define.ts';
import { acknowledgeOperation } from './acknowledge.ts';
import { approveOperation } from './approve.ts';
import { cancelOperation } from './cancel.ts';
import { planOperationNow } from './plan.ts';
import { releaseOperation } from './release.ts';
import { requestOperation } from './request.ts';

const CLUSTER = 'payments';
const REASON = 'patching the host';
const AT = new Date(NOW_MS);

let db: WebTestDatabase;
let prisma: Prisma;
beforeAll(async () => {
  db = await startWebDatabase();
  prisma = createPrisma(db.url);
  await storeCluster(db.owner);
});
afterAll(async () => {
  await prisma?.$disconnect();
  await db?.stop();
});
/** Leftovers of a test must not block the next. */
beforeEach(async () => {
  await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
  await db.owner.query('UPDATE cluster SET approvals_required = 0');
  await db.owner.query('UPDATE leadership SET term = term + 1');
});

const person = (role: Role, userId = 1): Actor => aPerson(role, { userId, email: `${role}${userId}@farshore.test` });
const token = aToken(['cluster.read', 'operation.request', 'operation.cancel', 'operation.approve'], { name: 'pipeline' });
const as = (actor: Actor, at = AT): CommandContext => ({
  // Asked for when a command runs: contexts are made before the database is.
  get prisma() {
    return prisma;
  },
  actor,
  at,
});
const operator = as(person('operator'));

function valueOf<T>(result: CommandResult<T>): T {
  if (!result.ok) throw new Error(result.reasons.join('\n'));
  return result.value;
}
const refused = (text: string, code?: string) => ({
  ...{ ok: false, kind: 'refused', reasons: expect.arrayContaining([expect.stringContaining(text)]) },
  ...(code === undefined ? {} : { particulars: expect.objectContaining({ code }) }),
});
const denied = { ok: false, kind: 'denied', reasons: [expect.stringContaining('may not')] };

const planned = async () =>
  valueOf(await planOperationNow(operator, { cluster: CLUSTER, request: { kind: 'switchover', target: 'aws-use1-b' } }));
async function asked(overrides: Partial<Parameters<typeof requestOperation>[1]> = {}) {
  const { hash, outlook } = await planned();
  return { cluster: CLUSTER, planHash: hash, reason: REASON, typedName: CLUSTER, acknowledgedRisks: outlook.acknowledge, ...overrides };
}
const requested = async (context = operator) => valueOf(await requestOperation(context, await asked())).id;
async function audited(action: string) {
  const { rows } = await db.owner.query<{ actor: string; outcome: string; body: string }>(
    'SELECT actor, outcome, body FROM audit_event WHERE action = $1 ORDER BY sequence DESC LIMIT 1',
    [action],
  );
  return { ...rows[0]!, body: JSON.parse(rows[0]!.body) as Record<string, unknown> };
}
const rowOf = async (id: string) => (await db.owner.query<Record<string, unknown>>('SELECT * FROM operation WHERE id = $1', [id])).rows[0]!;
const countOperations = async () => Number((await db.owner.query<{ n: bigint }>('SELECT count(*) AS n FROM operation')).rows[0]!.n);

describe('operation.plan', () => {
  test('anyone who reads the cluster may plan; the same plan is kept once, and each look is audited', async () => {
    const first = valueOf(
      await planOperationNow(as(person('viewer')), { cluster: CLUSTER, request: { kind: 'switchover', target: 'aws-use1-b' } }),
    );
    const second = await planned();
    expect(second.hash).toBe(first.hash);
    expect(first.outlook.blocked).toEqual([]);
    const { rows } = await db.owner.query<{ body: string; created_by: string }>('SELECT body, created_by FROM plan WHERE hash = $1', [
      first.hash,
    ]);
    expect(rows).toMatchObject([{ created_by: 'user:viewer1@farshore.test' }]);
    expect(JSON.parse(rows[0]!.body)).toEqual(JSON.parse(JSON.stringify(first.plan)));
    expect(await audited('operation.plan')).toMatchObject({ outcome: 'done', body: { planHash: first.hash } });
  });

  test('an impossible plan is refused with the name of the thing', async () => {
    const plan = (request: Parameters<typeof planOperationNow>[1]['request'], cluster = CLUSTER) =>
      planOperationNow(operator, { cluster, request });
    expect(await plan({ kind: 'switchover', target: 'aws-use1-z' })).toMatchObject(refused('aws-use1-z', 'impossible'));
    expect(await plan({ kind: 'switchover', target: 'aws-use1-a' })).toMatchObject(refused('aws-use1-a', 'impossible'));
    expect(await plan({ kind: 'reload', target: 'x' }, 'nowhere')).toMatchObject(refused('nowhere', 'no-such-cluster'));
    await db.owner.query(`INSERT INTO cluster (slug, name) VALUES ('silent', 'Silent')`);
    expect(await plan({ kind: 'reload', target: 'x' }, 'silent')).toMatchObject(refused('No controller', 'impossible'));
  });

  test.each([
    { kind: 'switchover' },
    { kind: 'switchover', target: 'UPPER' },
    { kind: 'switchover', target: 'aws-use1-b', force: true },
    { kind: 'failover', target: null, fence: 'hope' },
    { kind: 'drop-slot', target: 'aws-use1-a', slot: 'a"; drop table' },
    { kind: 'add-standby', target: 'a', upstream: 'b', bytesPerSecondMax: 1 },
    { kind: 'format-disk', target: 'a' },
    null,
  ])('%j is not understood', async (request) => {
    const result = await planOperationNow(operator, { cluster: CLUSTER, request } as never);
    expect(result).toMatchObject({ ok: false, kind: 'invalid' });
  });

  test('the difference to an earlier plan is told', async () => {
    const earlier = await planned();
    await db.owner.query('UPDATE leadership SET term = term + 1');
    const request = { kind: 'switchover', target: 'aws-use1-b' } as const;
    const now = valueOf(await planOperationNow(operator, { cluster: CLUSTER, request, differenceTo: earlier.hash }));
    expect(now.hash).not.toBe(earlier.hash);
    expect(now.difference?.sentences.length).toBeGreaterThan(0);
    const preview = await previewOf(person('viewer'), CLUSTER, request, { seenHash: earlier.hash, nowMs: NOW_MS, db: db.web });
    expect(preview).toMatchObject({
      hash: now.hash,
      difference: now.difference,
      impossible: [],
      denied: [expect.stringContaining('may not')],
    });
    expect(await previewOf(person('viewer'), 'nowhere', request, { nowMs: NOW_MS, db: db.web })).toBeNull();
    const impossible = await previewOf(person('viewer'), CLUSTER, { kind: 'switchover', target: 'x' }, { nowMs: NOW_MS, db: db.web });
    expect(impossible).toMatchObject({ plan: null, hash: null, outlook: null, impossible: [expect.stringContaining('x is not a node')] });
  });
});

describe('operation.request', () => {
  test('writes a request and its audit event, and nothing else moves', async () => {
    const value = valueOf(await requestOperation(operator, await asked({ ticket: 'CHG-1', idempotencyKey: randomUUID() })));
    expect(value).toMatchObject({ state: 'queued', existed: false });
    expect(await rowOf(value.id)).toMatchObject({
      ...{ state: 'queued', kind: 'switchover', requested_by: 'user:operator1@farshore.test', requested_by_user_id: 1 },
      ...{ reason: REASON, ticket: 'CHG-1', approvals_required: 0, started_at: null },
    });
    expect(await audited('operation.request')).toMatchObject({ outcome: 'done', body: { operation: value.id, reason: REASON } });
  });

  test('waits for approval where the cluster wants that, whatever the web inserts', async () => {
    await db.owner.query('UPDATE cluster SET approvals_required = 2');
    const value = valueOf(await requestOperation(operator, await asked()));
    expect(value.state).toBe('awaiting-approval');
    expect(await rowOf(value.id)).toMatchObject({ approvals_required: 2 });
    await expect(db.web.query(`UPDATE operation SET state = 'queued' WHERE id = $1`, [value.id])).rejects.toThrow('permission denied');
    await expect(db.owner.query(`UPDATE operation SET state = 'running' WHERE id = $1`, [value.id])).rejects.toThrow('0 of 2 approvals');
    await db.owner.query('UPDATE cluster SET approvals_required = 0');
    expect(await requestOperation(as(person('operator', 2)), await asked())).toMatchObject({ value: { state: 'queued' } });
  });

  test.each(['viewer', 'auditor', 'approver', 'admin'] as const)('is denied to the role %s', async (role) => {
    expect(await requestOperation(as(person(role)), await asked())).toMatchObject(denied);
    expect(await audited('operation.request')).toMatchObject({ outcome: 'denied', actor: `user:${role}1@farshore.test` });
  });

  test('a token that may, may', async () => {
    const { id } = valueOf(await requestOperation(as(token), await asked()));
    expect(await rowOf(id)).toMatchObject({ requested_by: 'token:pipeline', requested_by_user_id: null });
    expect(await requestOperation(as(aToken(['cluster.read'])), await asked())).toMatchObject(denied);
  });

  test.each([
    ['a short reason', { reason: 'because' }],
    ['a reason of blanks', { reason: '             ' }],
    ['no hash', { planHash: 'x' }],
    ['a bad key', { idempotencyKey: 'a b' }],
    ['a ticket that turns text around', { ticket: 'CHG\u202e1' }],
    ['too many risks', { acknowledgedRisks: Array.from({ length: 21 }, () => 'risk') }],
  ])('%s is not understood', async (_what, overrides) => {
    expect(await requestOperation(operator, await asked(overrides))).toMatchObject({ ok: false, kind: 'invalid' });
  });

  test('the name must be typed exactly', async () => {
    for (const typedName of ['', 'Payments', ' payments', 'ledger']) {
      expect(await requestOperation(operator, await asked({ typedName }))).toMatchObject(refused('exactly: payments', 'name-not-typed'));
    }
  });

  test('an unknown plan, and one of a cluster that changed since, with the difference and the new hash', async () => {
    expect(await requestOperation(operator, await asked({ planHash: 'f'.repeat(64) }))).toMatchObject(
      refused('Look at the plan', 'no-such-plan'),
    );
    const stale = await asked();
    await db.owner.query('UPDATE leadership SET term = term + 1');
    const result = await requestOperation(operator, stale);
    expect(result).toMatchObject(refused('is void', 'plan-changed'));
    const { hash } = await planned();
    expect(result).toMatchObject({ particulars: { planHash: hash, difference: [expect.any(String)] } });
    expect(await audited('operation.request')).not.toMatchObject({ outcome: 'done' });
  });

  test('what a check blocks is refused with its sentences', async () => {
    const input = await asked();
    // An hour later nobody has reported for an hour.
    const later = as(person('operator'), new Date(NOW_MS + 3_600_000));
    const result = await requestOperation(later, input);
    expect(result).toMatchObject({ ok: false, kind: 'refused', particulars: { code: 'blocked' } });
  });

  test('one that is about to begin or under way is named', async () => {
    const input = await asked();
    const id = valueOf(await requestOperation(operator, input)).id;
    for (const state of ['queued', 'running', 'held'] as const) {
      if (state !== 'queued') await moveOperation(db.owner, id, state);
      const other = await requestOperation(as(person('operator', 2)), input);
      expect(other, state).toMatchObject({ ...refused('under way'), particulars: { code: 'under-way', operation: id } });
    }
  });

  test('the same key is the same operation, also after it has ended; for another request it is refused', async () => {
    const input = await asked({ idempotencyKey: randomUUID() });
    const { id } = valueOf(await requestOperation(operator, input));
    expect(valueOf(await requestOperation(operator, input))).toEqual({ id, state: 'queued', existed: true });
    await moveOperation(db.owner, id, 'done');
    await db.owner.query('UPDATE leadership SET term = term + 1');
    expect(valueOf(await requestOperation(operator, input))).toEqual({ id, state: 'done', existed: true });
    expect(await requestOperation(as(person('operator', 2)), input)).toMatchObject(refused('belongs to another', 'key-reused'));
    expect(await requestOperation(operator, { ...input, planHash: 'a'.repeat(64) })).toMatchObject(
      refused('belongs to another', 'key-reused'),
    );
  });

  test('a double click is one operation', async () => {
    const input = await asked({ idempotencyKey: randomUUID() });
    const before = await countOperations();
    const results = await Promise.all(Array.from({ length: 5 }, () => requestOperation(operator, input)));
    const ids = results.map((result) => valueOf(result).id);
    expect(new Set(ids).size).toBe(1);
    expect(results.filter((result) => result.ok && !result.value.existed)).toHaveLength(1);
    expect(await countOperations()).toBe(before + 1);
  });

  test('of several operators at once one begins it, and who is later is told of that', async () => {
    const input = await asked();
    const results = await Promise.all([1, 2, 3, 4].map((userId) => requestOperation(as(person('operator', userId)), input)));
    const ids = results.flatMap((result) => (result.ok ? [result.value.id] : []));
    for (const result of results.filter(({ ok }) => !ok)) expect(result).toMatchObject(refused('under way', 'under-way'));
    const begun = await Promise.allSettled(ids.map((id) => moveOperation(db.owner, id, 'running')));
    expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a failover names what may be lost, and begins only when that was acknowledged word for word', async () => {
    const acting = anActingCluster();
    const silent = acting.nodes.map((node) =>
      node.name !== 'aws-use1-a' || node.latest === null
        ? node
        : {
            ...node,
            latest: {
              ...node.latest,
              observation: { ...node.latest.observation, postgres: null, server: { state: 'stopped' as const, message: null } },
            },
          },
    );
    try {
      await storeCluster(db.owner, { ...acting, nodes: silent });
      await db.owner.query(`UPDATE leadership SET term = term + 1`);
      const plan = await planOperationNow(operator, { cluster: CLUSTER, request: { kind: 'failover', target: null, fence: 'agent' } });
      const { hash, outlook } = valueOf(plan);
      expect(outlook.acknowledge.length).toBeGreaterThan(0);
      const input = { cluster: CLUSTER, planHash: hash, reason: REASON, typedName: CLUSTER };
      expect(outlook.blocked).toEqual([]);
      expect(await requestOperation(operator, input)).toMatchObject(refused('acknowledged by name', 'not-acknowledged'));
      const unproven = valueOf(
        await planOperationNow(as(token), { cluster: CLUSTER, request: { kind: 'failover', target: null, fence: 'override' } }),
      );
      const byToken = { ...input, planHash: unproven.hash, acknowledgedRisks: unproven.outlook.acknowledge };
      expect(await requestOperation(as(token), byToken)).toMatchObject(refused('API token can’t state', 'person-only'));
      expect(await requestOperation(operator, { ...input, acknowledgedRisks: outlook.acknowledge })).toMatchObject({ ok: true });
    } finally {
      await storeCluster(db.owner);
    }
  });
});

describe('operation.approve', () => {
  beforeEach(() => db.owner.query('UPDATE cluster SET approvals_required = 2'));
  const approver = as(person('approver', 2));
  const decide = async (id: string, context = approver, overrides: Partial<Parameters<typeof approveOperation>[1]> = {}) => {
    const planHash = (await rowOf(id))['plan_hash'] as string;
    return approveOperation(context, { operation: id, planHash, decision: 'approved', reason: 'the window is open', ...overrides });
  };

  test('two people approve; each decision stands and is audited', async () => {
    const id = await requested();
    expect(valueOf(await decide(id))).toMatchObject({ missing: 1 });
    expect(await decide(id)).toMatchObject(refused('already'));
    expect(valueOf(await decide(id, as(person('approver', 3))))).toMatchObject({ missing: 0 });
    expect(await audited('operation.approve')).toMatchObject({ outcome: 'done', body: { operation: id, decision: 'approved' } });
    const { rows } = await db.owner.query('SELECT by FROM operation_approval WHERE operation_id = $1 ORDER BY id', [id]);
    expect(rows).toEqual([{ by: 'user:approver2@farshore.test' }, { by: 'user:approver3@farshore.test' }]);
  });

  test('never by the one who requested it, not even past the command', async () => {
    // Somebody whose role was changed in between.
    const id = await requested(as(person('operator', 5)));
    expect(await decide(id, as(person('approver', 5)))).toMatchObject(refused('You requested it'));
    const insert = (userId: number, by: string, hash: string) =>
      db.web.query(
        `INSERT INTO operation_approval (operation_id, plan_hash, user_id, by, decision, reason) VALUES ($1, $2, $3, $4, 'approved', 'x')`,
        [...[id, hash, userId, by]],
      );
    const hash = (await rowOf(id))['plan_hash'] as string;
    await expect(insert(5, 'user:other', hash)).rejects.toThrow(/can ?not approve/);
    await expect(insert(9, 'user:operator5@farshore.test', hash)).rejects.toThrow(/can ?not approve/);
    await expect(insert(9, 'user:other', 'f'.repeat(64))).rejects.toThrow('another plan');
  });

  test.each(['operator', 'viewer', 'admin'] as const)('the role %s may not', async (role) => {
    expect(await decide(await requested(), as(person(role, 2)))).toMatchObject(denied);
  });

  test('a token may not, whatever it holds', async () => {
    expect(await decide(await requested(), as(token))).toMatchObject(refused('Only a person'));
  });

  test('another plan, another id, an ended one', async () => {
    const id = await requested();
    expect(await decide(id, approver, { planHash: 'f'.repeat(64) })).toMatchObject(refused('not the plan', 'plan-changed'));
    expect(await decide(id, approver, { operation: randomUUID() })).toMatchObject(refused('no operation', 'no-such-operation'));
    expect(await decide(id, approver, { operation: 'x' })).toMatchObject({ ok: false, kind: 'invalid' });
    expect(await decide(id, approver, { reason: 'ok' })).toMatchObject({ ok: false, kind: 'invalid' });
    await moveOperation(db.owner, id, 'refused');
    expect(await decide(id)).toMatchObject(refused('refused'));
  });

  test('the same person twice at once decides once', async () => {
    const id = await requested();
    const results = await Promise.all([decide(id), decide(id, approver, { decision: 'rejected' }), decide(id)]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  });
});

describe('operation.cancel', () => {
  test('is a wish for the controller, made once', async () => {
    const id = await requested();
    const results = await Promise.all([
      cancelOperation(operator, { operation: id }),
      cancelOperation(as(person('approver', 2)), { operation: id }),
    ]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(results.find(({ ok }) => ok)).toMatchObject({ value: { leaves: expect.stringMatching(/\.$/) } });
    expect(await rowOf(id)).toMatchObject({ state: 'queued', cancel_requested_by: expect.stringMatching(/^user:/) });
    expect(await cancelOperation(as(token), { operation: id })).toMatchObject(refused('already'));
  });

  test('is denied to a viewer, and refused when it has ended or can only go forward', async () => {
    const id = await requested();
    expect(await cancelOperation(as(person('viewer')), { operation: id })).toMatchObject(denied);
    const plan = JSON.parse((await rowOf(id))['plan'] as string) as Plan;
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c' }, 'running');
    for (const step of plan.steps.filter(({ stage }) => stage <= (plan.pointOfNoReturn ?? 0))) {
      await recordEvent(db.owner, id, { kind: 'step-started', step: step.id, attempt: 1, undo: false });
      await recordEvent(db.owner, id, { kind: 'step-done', step: step.id, undo: false, evidence: {}, tookMs: 1 });
    }
    expect(await cancelOperation(operator, { operation: id })).toMatchObject(refused('point of no return'));
    await moveOperation(db.owner, id, 'done');
    expect(await cancelOperation(operator, { operation: id })).toMatchObject(refused('done'));
  });
});

describe('operation.release and operation.acknowledge', () => {
  test('only what is held is released, once', async () => {
    const id = await requested();
    const release = (context = operator) => releaseOperation(context, { operation: id, reason: 'the disk was mended' });
    expect(await release()).toMatchObject(refused('not held'));
    const plan = JSON.parse((await rowOf(id))['plan'] as string) as Plan;
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c' }, 'running');
    await recordEvent(db.owner, id, { kind: 'held', step: plan.steps[0]!.id, reason: 'the disk is full' }, 'held');
    expect(await release(as(person('approver')))).toMatchObject(denied);
    const results = await Promise.all([release(), release(as(person('operator', 2)))]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await rowOf(id)).toMatchObject({ release_requested_by: expect.stringMatching(/^user:operator/) });
  });

  test('a result is acknowledged once, by a person, after the end', async () => {
    const id = await requested();
    const acknowledge = (context = operator, note: string | null = 'seen') => acknowledgeOperation(context, { operation: id, note });
    expect(await acknowledge()).toMatchObject(refused('not ended'));
    await moveOperation(db.owner, id, 'failed');
    expect(await acknowledge(as(person('viewer')))).toMatchObject(denied);
    expect(await acknowledge(as(token))).toMatchObject(refused('Only a person'));
    const results = await Promise.all([acknowledge(operator, ''), acknowledge(as(person('operator', 2)), '')]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await rowOf(id)).toMatchObject({ state: 'failed', acknowledgement: null, acknowledged_by: expect.stringMatching(/^user:/) });
    expect(await acknowledge()).toMatchObject(refused('already'));
  });
});
