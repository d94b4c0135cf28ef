/** Tests that a plan may differ at the click in its words, and not in what it does. Requests and withdrawals are audited. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aPerson } from '../../../test/builders/index.ts';
import { NOW_MS } from '../../../test/builders/index.ts';
import { storeCluster } from '../../../test/web/stored-cluster.ts';
import { startWebDatabase } from '../../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../../test/web/web-database.ts';
import { sealPlan } from '../../audit/plan-hash.ts';
import { createPrisma } from '../../db/ground/prisma.ts';
import type { Prisma } from '../../db/ground/prisma.ts';
import type { Step } from '../../domain/operation/model.ts';
import { previewOf } from '../../queries/operations/plan.ts';
import type { CommandContext, CommandResult } from '../define.ts';
import { planOperationNow } from './plan.ts';
import { downloadArtifact } from './download.ts';
import { requestOperation } from './request.ts';

let db: WebTestDatabase;
let prisma: Prisma;
let operator: CommandContext;
beforeAll(async () => {
  db = await startWebDatabase();
  prisma = createPrisma(db.url);
  await storeCluster(db.owner);
  operator = {
    prisma,
    actor: aPerson('operator'),
    at: new Date(NOW_MS),
  };
});
afterAll(async () => {
  await prisma?.$disconnect();
  await db?.stop();
});

function valueOf<T>(result: CommandResult<T>): T {
  if (!result.ok) throw new Error(result.reasons.join('\n'));
  return result.value;
}

/** Requests the plan of now as somebody saw it with its `prepare-slots` steps changed. */
async function requestWith(change: (step: Step) => Step) {
  const { plan, outlook } = valueOf(
    await planOperationNow(operator, { cluster: 'payments', request: { kind: 'switchover', target: 'aws-use1-b' } }),
  );
  const isSlotStep = ({ action }: Step) => action.by === 'agent' && action.command.verb === 'prepare-slots';
  const slotStep = plan.steps.find(isSlotStep)!;
  const { hash, body } = sealPlan({ ...plan, steps: plan.steps.map((step) => (step === slotStep ? change(step) : step)) });
  await db.owner.query(
    `INSERT INTO plan (id, cluster_id, hash, kind, body, created_at, created_by)
     SELECT $1, id, $2, 'switchover', $3, now(), 'user:test' FROM cluster WHERE slug = 'payments'`,
    [randomUUID(), hash, body],
  );
  const input = { cluster: 'payments', planHash: hash, reason: 'patching the host', typedName: 'payments' };
  const result = await requestOperation(operator, { ...input, acknowledgedRisks: outlook.acknowledge });
  return { hash, title: slotStep.title, result };
}

test('another deadline voids it, and the refusal names the step; other words do not, and it runs as it was seen', async () => {
  const other = await requestWith((step) => ({ ...step, deadlineMs: step.deadlineMs + 1 }));
  expect(other.result).toMatchObject({ ok: false, particulars: { code: 'plan-changed' } });
  expect(JSON.stringify(other.result)).toContain(`Step “${other.title}”: its deadline in ms is now `);
  const same = await requestWith((step) => ({ ...step, title: 'Move the slot', undo: null }));
  const { rows } = await db.owner.query('SELECT plan_hash FROM operation WHERE id = $1', [valueOf(same.result).id]);
  expect(rows).toEqual([{ plan_hash: same.hash }]);
});

test('a click that waited seconds for a busy database is judged by the time at which its plan is read', async () => {
  await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
  const request = { kind: 'switchover', target: 'aws-use1-b' } as const;
  const { hash, outlook } = valueOf(await planOperationNow(operator, { cluster: 'payments', request }));
  const reported = (by: string) =>
    db.owner.query('UPDATE node_latest SET observed_at = observed_at + $1::interval, received_at = received_at + $1::interval', [by]);
  const busy = await db.owner.connect();
  try {
    await busy.query('BEGIN');
    await busy.query('LOCK TABLE plan IN ACCESS EXCLUSIVE MODE');
    const click = requestOperation(operator, {
      ...{ cluster: 'payments', planHash: hash, reason: 'patching the host', typedName: 'payments' },
      acknowledgedRisks: outlook.acknowledge,
    });
    // More than the two seconds from which on a report counts as one from the future.
    await busy.query('SELECT pg_sleep(3)');
    await reported('3 s');
    await busy.query('COMMIT');
    expect(await click).toMatchObject({ ok: true });
  } finally {
    busy.release();
    await reported('-3 s');
  }
});

const lastEvent = async (action: string) =>
  (await db.owner.query('SELECT actor, subject, outcome, body FROM audit_event WHERE action = $1 ORDER BY sequence DESC LIMIT 1', [action]))
    .rows[0] as { actor: string; subject: string; outcome: string; body: string };

test('a plan that a page showed is requested by its hash, with one audit event; one that has moved since is refused on the log', async () => {
  await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
  const request = { kind: 'switchover', target: 'aws-use1-b' } as const;
  const look = () => previewOf(operator.actor, 'payments', request, { nowMs: NOW_MS, db: db.web });
  const shown = await look();
  const kept = async () =>
    Number((await db.owner.query<{ n: bigint }>('SELECT count(*) AS n FROM plan WHERE hash = $1', [shown?.hash])).rows[0]?.n);
  await look();
  expect(await kept()).toBe(1);
  const words = { reason: 'patching the host', typedName: 'payments', acknowledgedRisks: shown?.outlook?.risks ?? [] };
  const asked = { cluster: 'payments', planHash: shown?.hash ?? '', ...words };
  const events = async () => Number((await db.owner.query<{ n: bigint }>('SELECT count(*) AS n FROM audit_event')).rows[0]?.n);
  const before = await events();
  expect(valueOf(await requestOperation(operator, asked))).toMatchObject({ existed: false });
  expect(await events()).toBe(before + 1);
  expect(await lastEvent('operation.request')).toMatchObject({ outcome: 'done' });

  await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
  await db.owner.query('UPDATE leadership SET term = term + 1');
  expect(await requestOperation(operator, asked)).toMatchObject({ ok: false, kind: 'refused', particulars: { code: 'plan-changed' } });
  expect(await events()).toBe(before + 2);
  expect(await lastEvent('operation.request')).toMatchObject({
    ...{ actor: 'user:operator@farshore.test', subject: 'cluster:payments', outcome: 'refused' },
    body: expect.stringContaining('The plan that you saw is void'),
  });
});

test('who takes away what a run left is on the audit log, and so is who may not', async () => {
  const { rows } = await db.owner.query<{ id: string }>('SELECT id FROM operation LIMIT 1');
  const { id } = rows[0]!;
  await db.owner.query(
    `INSERT INTO operation_artifact (operation_id, name, content_type, body) VALUES ($1, 'loss ledger.csv', 'text/csv', 'ä,b')`,
    [id],
  );
  const asked = { operation: id, name: 'loss ledger.csv' };
  expect(valueOf(await downloadArtifact(operator, asked))).toEqual({ contentType: 'text/csv', body: 'ä,b' });
  const event = await lastEvent('operation.download');
  expect(event).toMatchObject({ actor: 'user:operator@farshore.test', subject: 'cluster:payments', outcome: 'done' });
  expect(JSON.parse(event.body)).toEqual({ operation: id, name: 'loss ledger.csv', bytes: 4 });

  const viewer: CommandContext = {
    ...operator,
    actor: aPerson('viewer', { userId: 2 }),
  };
  expect(await downloadArtifact(viewer, asked)).toMatchObject({ ok: false, kind: 'denied' });
  expect(await lastEvent('operation.download')).toMatchObject({ actor: 'user:viewer@farshore.test', outcome: 'denied' });
  for (const [other, code] of [
    [{ ...asked, name: 'a\0' }, 'no-such-artifact'],
    [{ ...asked, operation: randomUUID() }, 'no-such-operation'],
  ] as const) {
    expect(await downloadArtifact(operator, other)).toMatchObject({ ok: false, kind: 'refused', particulars: { code } });
    expect(await lastEvent('operation.download')).toMatchObject({ outcome: 'refused' });
  }
});
