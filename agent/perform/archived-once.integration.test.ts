/** A segment in which a timeline ended lies on every node, with another rest on each: nobody may archive it under its whole name. */
import { chownSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverOwner, waitFor } from '../../test/live-postgres.ts';
import { slotOf, startFleet, waitForStreaming } from '../../test/replicated-pair.ts';
import type { FleetNode, ReplicatedFleet } from '../../test/replicated-pair.ts';

const A = 'aws-use1-a';
const B = 'aws-use1-b';
const C = 'gcp-use4-a';

let fleet: ReplicatedFleet;

beforeAll(async () => {
  fleet = await startFleet({ settings: { wal_keep_size: '2MB', min_wal_size: '2MB' } });
  // As pgBackRest: what is there already must be the same.
  const command = `cp -n %p ${fleet.archive}/%f; cmp %p ${fleet.archive}/%f`;
  for (const node of Object.values(fleet.nodes)) {
    await node.sql(`ALTER SYSTEM SET archive_command = '${command}'`);
    await node.sql(`ALTER SYSTEM SET restore_command = 'cp ${fleet.archive}/%f %p'`);
    await node.sql('SELECT pg_reload_conf()');
  }
});

afterAll(async () => {
  await fleet?.stop();
});

interface Archiver {
  failures: number;
  failed: string | null;
  failing: boolean | null;
}

const ARCHIVER = `SELECT failed_count::int AS failures, last_failed_wal AS failed, last_failed_time > last_archived_time AS failing FROM pg_stat_archiver`;
const archiverOf = async (node: FleetNode): Promise<Archiver> => (await node.sql(ARCHIVER))[0] as unknown as Archiver;
const isWaiting = (node: FleetNode): boolean =>
  readdirSync(path.join(node.dataDirectory, 'pg_wal/archive_status')).some((name) => name.endsWith('.ready'));

async function archivedWithoutFailure(node: FleetNode): Promise<void> {
  await waitFor('all to be archived', () => !isWaiting(node));
  expect(await archiverOf(node)).toMatchObject({ failures: 0, failed: null });
}

/** Fills segments and lets the old ones go: PostgreSQL looks then for what was never archived. */
async function writeOn(node: FleetNode): Promise<void> {
  for (let segment = 0; segment < 8; segment += 1) {
    await node.sql(
      `INSERT INTO ledger SELECT coalesce(max(id), 0) + g, repeat('x', 100) FROM ledger, generate_series(1, 500) g GROUP BY g`,
      'app',
    );
    await node.sql('SELECT pg_switch_wal()');
  }
  await node.sql('CHECKPOINT');
  await node.sql('CHECKPOINT');
}

async function switchover(from: FleetNode, to: FleetNode, others: readonly FleetNode[], timeline: number): Promise<void> {
  const stopped = await from.perform('stop-primary', { keepStreaming: [to.name], drainMs: 1000 });
  await to.perform('promote', { timeline, receivedPast: stopped.control.checkpointLsn, waitMs: 5000 });
  const slots = [from, ...others].map(({ name }) => ({ name: slotOf(name), lsn: null }));
  await to.perform('prepare-slots', { slots });
  for (const other of others) await other.perform('follow', { upstream: to.name, slot: slotOf(other.name) });
  await from.perform('start-standby', { upstream: to.name, slot: slotOf(from.name) });
  for (const name of [from, ...others].map((node) => node.name)) await waitForStreaming(to, name);
  for (const name of [from, ...others].map((node) => node.name))
    await from.perform('drop-slot', { slot: slotOf(name) }).catch(() => undefined);
}

test('whichever node becomes primary later, every segment is archived, and none twice', async () => {
  const [a, b, c] = [fleet.node(A), fleet.node(B), fleet.node(C)];
  await writeOn(a);
  await switchover(a, b, [c], 1);
  await writeOn(b);
  await switchover(b, c, [a], 2);
  await writeOn(c);
  await switchover(c, a, [b], 3);
  await writeOn(a);
  await archivedWithoutFailure(a);
  const archived = readdirSync(fleet.archive);
  const ended = archived.filter((name) => name.endsWith('.partial')).map((name) => name.slice(0, -'.partial'.length));
  expect(ended).toHaveLength(3);
  for (const name of ended) expect(archived, 'a timeline ended in it: no node may archive it under its whole name').not.toContain(name);
});

test('verify-archive frees an archive that has been stuck since a promotion by hand', async () => {
  const [a, b] = [fleet.node(A), fleet.node(B)];
  // As after a checkpoint after a promotion: a whole segment in which timeline 3 ended, due, and another content under its name in the
  // archive.
  const ended = readdirSync(fleet.archive).find((name) => /^00000003.*[.]partial$/.test(name)) ?? '';
  const name = ended.slice(0, -'.partial'.length);
  const stopped = await a.perform('stop-primary', { keepStreaming: [B], drainMs: 1000 });
  await b.perform('await-wal', { past: stopped.control.checkpointLsn, waitMs: 5000 });
  const wal = path.join(b.dataDirectory, 'pg_wal');
  const owner = serverOwner();
  const put = (file: string, content: string | Buffer): void => {
    writeFileSync(file, content, { mode: 0o600 });
    if (owner !== null) chownSync(file, owner.uid, owner.gid);
  };
  put(path.join(wal, name), Buffer.alloc(1024 * 1024, 1));
  put(path.join(fleet.archive, name), 'another');
  // Due before the promotion: a segment that counts as archived may be removed by the checkpoint that follows it.
  rmSync(path.join(wal, 'archive_status', `${name}.done`), { force: true });
  put(path.join(wal, 'archive_status', `${name}.ready`), '');
  await b.sql('SELECT pg_promote()');
  await waitFor('the archive to fail at it', async () => (await archiverOf(b)).failed === name);
  const { waitedMs } = await b.perform('verify-archive', { timeline: 5, waitMs: 90_000 }, { deadlineMs: 100_000 });
  expect(waitedMs).toBeGreaterThanOrEqual(0);
  expect(readFileSync(path.join(fleet.archive, name), 'utf8')).toBe('another');
  await writeOn(b);
  await waitFor('the archive to have gone on', async () => (await archiverOf(b)).failing === false);
});
