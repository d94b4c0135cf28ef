/** What a plan may be found to say otherwise at the click: its words, and nothing of what it does. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOW_MS } from '../../../test/builders/index.ts';
import { storeCluster } from '../../../test/web/stored-cluster.ts';
import { startWebDatabase } from '../../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../../test/web/web-database.ts';
import { sealPlan } from '../../audit/plan-hash.ts';
import { createPrisma } from '../../db/prisma.ts';
import type { Prisma } from '../../db/prisma.ts';
import type { Step } from '../../domain/operation/model.ts';
import type { CommandContext, CommandResult } from '../define.ts';
import { planOperationNow } from './plan.ts';
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
    actor: { kind: 'user', userId: 1, email: 'o@farshore.test', role: 'operator', sessionId: 'x' },
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
