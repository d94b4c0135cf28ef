/** Tests fences that a controller ordered on its own and did not live to see the end of. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findCommand, insertCommands, resolveCommand } from '../../lib/db/operations/agent-commands.ts';
import { waitFor } from '../../test/live-postgres.ts';
import { storeCluster } from '../../test/web/stored-cluster.ts';
import { startWebDatabase } from '../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../test/web/web-database.ts';
import { Steward } from './steward.ts';
import type { StewardOptions } from './steward.ts';

let db: WebTestDatabase;
let steward: Steward;
beforeAll(async () => {
  db = await startWebDatabase();
  await storeCluster(db.owner);
  // Only what ordering needs is left out.
  steward = new Steward({ pool: db.owner, log: pino({ level: 'silent' }) } as unknown as StewardOptions);
});
afterAll(() => db?.stop());

async function aFence(expiresInMs: number): Promise<string> {
  const { rows } = await db.owner.query<{ id: number }>(`SELECT id FROM node WHERE name = 'aws-use1-b'`);
  const id = randomUUID();
  const order = { operation: null, step: 'steward:fence', attempt: 1, verb: 'fence', term: 1, order: null, payload: '{}', signature: '' };
  const times = { issuedAt: new Date().toISOString(), expiresAt: new Date(Date.now() + expiresInMs).toISOString() };
  await insertCommands(db.owner, [{ id, nodeId: rows[0]!.id, ...order, ...times }]);
  return id;
}
const ends = async (id: string) => (await db.auditOf('payments/aws-use1-b')).filter(({ body }) => body.includes(id));

test('one that was answered meanwhile is recorded, one without an answer as failed, and none twice', async () => {
  const answered = await aFence(60_000);
  await resolveCommand(db.owner, answered, { status: 'done', evidence: {}, tookMs: 1 });
  const silent = await aFence(200);
  await steward.gained();
  expect(await ends(answered)).toMatchObject([{ action: 'node.fence', outcome: 'done' }]);
  await waitFor('the end of the silent one', async () => (await ends(silent)).length > 0);
  expect(await ends(silent)).toMatchObject([{ outcome: 'failed', body: expect.stringContaining('No answer came') }]);
  expect((await findCommand(db.owner, silent))?.resolvedAt).not.toBeNull();
  await steward.gained();
  await steward.commandDone(silent);
  expect([(await ends(answered)).length, (await ends(silent)).length]).toEqual([1, 1]);
});

test('a controller that leads no more leaves it to the next one', async () => {
  const id = await aFence(150);
  await steward.gained();
  steward.lost();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await ends(id)).toEqual([]);
  await steward.gained();
  await waitFor('the end', async () => (await ends(id)).length > 0);
});
