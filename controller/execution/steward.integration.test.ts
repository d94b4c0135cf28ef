/** Tests fences that a controller ordered on its own and did not live to see the end of. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCommand, insertCommands, resolveCommand } from '../../lib/db/operations/agent-commands.ts';
import { loadFleet } from '../../lib/db/fleet/fleet.ts';
import { databaseLeadershipStore } from '../../lib/db/operations/leadership-store.ts';
import type { ClusterInput } from '../../lib/domain/topology/inputs.ts';
import { aClusterInput, aPrimary } from '../../test/builders/index.ts';
import { anAuthority } from '../../test/builders/operation.ts';
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

/** The proof of the review (A1): one standby says that it leads the next term, on the old timeline, and the healthy primary was fenced. */
describe('one agent that lies', () => {
  const PRIMARY = 'aws-use1-a';
  const LIAR = 'rax-dfw-a';
  const handed: string[] = [];
  async function look(input: ClusterInput): Promise<void> {
    const cluster = (await loadFleet(db.owner)).find(({ slug }) => slug === 'payments')!;
    const byId = new Map(cluster.nodes.map(({ id, name }) => [id, input.nodes.find((node) => node.name === name)?.latest ?? null]));
    const nowMs = Date.now();
    const live = {
      node: (id: number) => {
        const latest = byId.get(id) ?? null;
        return { latest: latest === null ? null : { ...latest, observedAtMs: nowMs, receivedAtMs: nowMs } };
      },
    };
    const options = {
      ...{ pool: db.owner, live, log: pino({ level: 'silent' }), leadership: databaseLeadershipStore(db.owner) },
      operations: { isLeadershipMoving: () => false, isOccupied: () => false },
      onMoved: async () => undefined,
      stamps: { ensure: async () => undefined, next: () => 1 },
      signer: {
        sign: (envelope: { nodeName: string; verb: string }) => {
          handed.push(`${envelope.nodeName} ${envelope.verb}`);
          return { payload: JSON.stringify(envelope), signature: 'x' };
        },
      },
      mailbox: { hand: () => undefined },
    } as unknown as StewardOptions;
    await new Steward(options).look(cluster);
  }

  test('moves nothing: nobody is fenced, and the record stays', async () => {
    const store = databaseLeadershipStore(db.owner);
    const before = await store.read('payments');
    expect(before?.record.holder).toBe(PRIMARY);
    const term = (before?.record.term ?? 0) + 1;
    const follower = anAuthority({ termSeen: term - 1, role: 'follower', leaderTerm: null });
    const honest = aClusterInput();
    const nodes = honest.nodes.map((node) => {
      const authority =
        node.name === PRIMARY
          ? anAuthority({ termSeen: term - 1, role: 'leader', leaderTerm: term - 1 })
          : node.name === LIAR
            ? anAuthority({ termSeen: term, role: 'leader', leaderTerm: term })
            : follower;
      const base = node.name === LIAR ? aPrimary(LIAR, { postgres: { timeline: 1 } }) : node;
      return { ...base, latest: { ...base.latest!, observation: { ...base.latest!.observation, authority } } };
    });
    await look({ ...honest, nodes });
    expect(handed).toEqual([]);
    expect(await store.read('payments')).toEqual(before);
  });
});
