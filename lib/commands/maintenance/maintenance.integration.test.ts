/** Announced work, and how many must approve, under the web's narrow database role. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPerson } from '../../../test/builders/index.ts';
import { storeCluster } from '../../../test/web/stored-cluster.ts';
import { startWebDatabase } from '../../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../../test/web/web-database.ts';
import { createPrisma } from '../../db/ground/prisma.ts';
import type { Prisma } from '../../db/ground/prisma.ts';
import type { Actor, Role } from '../../domain/policy/permissions.ts';
import { readMaintenances } from '../../queries/operations/list.ts';
import { createApiToken } from '../api-token/create.ts';
import type { CommandContext } from '../define.ts';
import { endMaintenance } from './end.ts';
import { startMaintenance } from './start.ts';

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

const by = (role: Role, at = new Date()): CommandContext => {
  return { prisma, actor: aPerson(role), at };
};
const operator = () => by('operator');
const viewer: Actor = by('viewer').actor;
const work = { cluster: 'payments', node: 'aws-use1-b', reason: 'new disks are put in', hours: 2 };
const denied = { ok: false, kind: 'denied' };
const refused = (text: string) => ({ ok: false, kind: 'refused', reasons: [expect.stringContaining(text)] });

describe('maintenance', () => {
  test('is announced, listed, in the way of another for the same node, and ended', async () => {
    const started = await startMaintenance(operator(), { ...work, owner: 'the disk people' });
    expect(started).toMatchObject({ ok: true });
    expect(await readMaintenances(viewer, 'payments', new Date(), db.web)).toMatchObject([
      { cluster: 'payments', node: 'aws-use1-b', owner: 'the disk people', reason: 'new disks are put in' },
    ]);
    expect(await startMaintenance(operator(), work)).toMatchObject(refused('the disk people has announced'));
    expect(await startMaintenance(operator(), { ...work, node: null })).toMatchObject({ ok: true });
    expect(await readMaintenances(viewer, null, new Date(), db.web)).toHaveLength(2);
    if (!started.ok) throw new Error('not started');
    const { id } = started.value;
    expect(await endMaintenance(by('approver'), { id })).toMatchObject(denied);
    const ended = await Promise.all([endMaintenance(operator(), { id }), endMaintenance(operator(), { id })]);
    expect(ended.filter(({ ok }) => ok)).toHaveLength(1);
    expect(ended.find(({ ok }) => !ok)).toMatchObject(refused('ended already'));
  });

  test('two announcements at once for one node: one stands', async () => {
    const results = await Promise.all([1, 2, 3].map(() => startMaintenance(operator(), { ...work, node: 'rax-dfw-a' })));
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test('expires, so that the next can be announced', async () => {
    const yesterday = by('operator', new Date(Date.now() - 24 * 3_600_000));
    expect(await startMaintenance(yesterday, { ...work, node: 'gcp-use4-a' })).toMatchObject({ ok: true });
    expect(await startMaintenance(operator(), { ...work, node: 'gcp-use4-a' })).toMatchObject({ ok: true });
  });

  test.each([{ hours: 0 }, { hours: -1 }, { hours: 1e6 }, { reason: 'x' }, { node: 'Ünode' }, { cluster: '' }])(
    '%j is not understood',
    async (wrong) => {
      expect(await startMaintenance(operator(), { ...work, ...wrong })).toMatchObject({ ok: false, kind: 'invalid' });
    },
  );

  test('names what is not there', async () => {
    expect(await startMaintenance(operator(), { ...work, node: 'nobody' })).toMatchObject(refused('nobody'));
    expect(await startMaintenance(operator(), { ...work, cluster: 'nowhere' })).toMatchObject(refused('nowhere'));
    expect(await startMaintenance(by('viewer'), work)).toMatchObject(denied);
    expect(await endMaintenance(operator(), { id: 999_999 })).toMatchObject(refused('none of this number'));
  });
});

test('a token may request and cancel; none is ever made that approves', async () => {
  const permissions = ['cluster.read', 'operation.request', 'operation.cancel'] as const;
  const onTheCommandLine: CommandContext = { ...by('admin'), actor: { kind: 'system', process: 'admin' } };
  expect(await createApiToken(onTheCommandLine, { name: 'pipeline', permissions: [...permissions] })).toMatchObject({ ok: true });
  const approving = { name: 'robot approver', permissions: ['operation.approve'] } as unknown as Parameters<typeof createApiToken>[1];
  expect(await createApiToken(by('admin'), approving)).toMatchObject({ ok: false, kind: 'invalid' });
});
