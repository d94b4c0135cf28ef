import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFleet, slotOf, waitForStreaming } from '../../test/replicated-pair.ts';
import type { ReplicatedFleet } from '../../test/replicated-pair.ts';
import { serverOwner, waitFor } from '../../test/live-postgres.ts';
import { stopByForce } from './postgres/server-process.ts';

const A = 'aws-use1-a';
const B = 'aws-use1-b';
const C = 'gcp-use4-a';

describe('a failover, and the old primary brought back', () => {
  let fleet: ReplicatedFleet;
  beforeAll(async () => {
    fleet = await startFleet();
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  test('failover: the primary dies under writes that nobody received; B takes over', async () => {
    const [a, b, c] = [fleet.node(A), fleet.node(B), fleet.node(C)];
    await a.sql(`INSERT INTO ledger VALUES (1, 'everywhere'), (2, 'to be updated'), (3, 'to be deleted')`, 'app');
    await waitFor('the rows on B', async () => (await b.sql('SELECT 1 FROM ledger', 'app')).length === 3);
    await b.perform('promise', {});
    await c.perform('promise', {});
    await a.sql(`INSERT INTO ledger VALUES (4, 'only on A')`, 'app');
    await a.sql(`UPDATE ledger SET note = 'updated only on A' WHERE id = 2`, 'app');
    await a.sql('DELETE FROM ledger WHERE id = 3', 'app');
    await stopByForce(a.dataDirectory, 0, 5000);
    const promoted = await b.perform('promote', { timeline: 1, receivedPast: null, waitMs: 0 });
    expect(promoted.report.timeline).toBe(2);
    await b.sql(`INSERT INTO ledger VALUES (5, 'only on B')`, 'app');
    await b.perform('prepare-slots', { slots: [{ name: slotOf(A), lsn: null }, { name: slotOf(C), lsn: null }] });
  });

  test('rewind is refused while it would do harm', async () => {
    const [a, b] = [fleet.node(A), fleet.node(B)];
    await expect(b.perform('rewind', { source: A })).rejects.toThrow(/still runs/);
    await expect(a.perform('rewind', { source: C })).rejects.toThrow(/is a standby/);
    await expect(a.perform('rewind', { source: B })).rejects.toThrow(/has not made a checkpoint since its promotion/);
    expect(a.mark.reason).toBeNull();
  });

  test('a diverged node that is told to follow says so instead of pretending', async () => {
    // C did not receive what A had: it follows. A, started as standby without a rewind, can't.
    const c = fleet.node(C);
    expect((await c.perform('follow', { upstream: B, slot: slotOf(C) })).report.receiving).toBe(true);
  });

  test('rewind: own configuration stays, nothing foreign will be archived, the node streams', async () => {
    const [a, b] = [fleet.node(A), fleet.node(B)];
    await b.perform('checkpoint', {});
    await b.sql(`ALTER SYSTEM SET synchronous_standby_names = ''`);
    await b.sql(`ALTER SYSTEM SET work_mem = '7MB'`);
    const conf = readFileSync(path.join(a.dataDirectory, 'postgresql.conf'), 'utf8');
    const rewound = await a.perform('rewind', { source: B });
    console.log('rewind', rewound.tookMs, rewound.needed);
    expect(rewound.needed).toBe(true);
    expect(a.mark.reason).toBeNull();
    expect(readFileSync(path.join(a.dataDirectory, 'postgresql.conf'), 'utf8')).toBe(conf);
    expect(readFileSync(path.join(a.dataDirectory, 'postgresql.auto.conf'), 'utf8')).not.toContain('work_mem');
    expect(existsSync(path.join(a.dataDirectory, 'standby.signal'))).toBe(true);
    await a.perform('start-standby', { upstream: B, slot: slotOf(A) });
    await waitForStreaming(b, A);
    await waitFor('the rows of B on A', async () => {
      const rows = await a.sql('SELECT id, note FROM ledger ORDER BY id', 'app');
      return rows.map((row) => row['id']).join() === '1,2,3,5' && rows[1]?.['note'] === 'to be updated';
    });
    const ready = readdirSync(path.join(a.dataDirectory, 'pg_wal/archive_status')).filter((name) => name.endsWith('.ready') && name.startsWith('00000001'));
    expect(ready).toEqual([]);
  });

  test('rewind of a node that has not diverged is not needed', async () => {
    const a = fleet.node(A);
    await a.perform('fence', {});
    const again = await a.perform('rewind', { source: B });
    expect(again.needed).toBe(false);
    await a.perform('start-standby', { upstream: B, slot: slotOf(A) });
    await waitForStreaming(fleet.node(B), A);
  });

  test('a rewind that can not find its WAL leaves the directory as it was', async () => {
    const a = fleet.node(A);
    await a.perform('fence', {});
    const control = path.join(a.dataDirectory, 'global/pg_control');
    const kept = readFileSync(control);
    const damaged = Buffer.from(kept);
    damaged.writeBigUInt64LE(1n, 0);
    writeFileSync(control, damaged);
    await expect(a.perform('rewind', { source: B })).rejects.toThrow(/another database system/);
    writeFileSync(control, kept);
    expect(a.mark.reason).toBeNull();
  });

  test('clone: another system’s directory and a directory in use are refused', async () => {
    const a = fleet.node(A);
    await expect(a.perform('clone', { source: B, slot: slotOf(A), replace: false, bytesPerSecondMax: null })).rejects.toMatchObject({ code: 'directory-not-empty' });
    await expect(fleet.node(C).perform('clone', { source: B, slot: null, replace: true, bytesPerSecondMax: null })).rejects.toThrow(/still runs/);
    const control = path.join(a.dataDirectory, 'global/pg_control');
    const kept = readFileSync(control);
    const other = Buffer.from(kept);
    other.writeBigUInt64LE(1n, 0);
    writeFileSync(control, other);
    await expect(a.perform('clone', { source: B, slot: slotOf(A), replace: true, bytesPerSecondMax: null })).rejects.toThrow(/another database system/);
    writeFileSync(control, kept);
    expect(a.mark.reason).toBeNull();
  });

  test('clone: cancelled, it is not startable; repeated, it streams, with its own configuration and its WAL volume', async () => {
    const [a, b] = [fleet.node(A), fleet.node(B)];
    const cancel = new AbortController();
    const slow = a.perform('clone', { source: B, slot: slotOf(A), replace: true, bytesPerSecondMax: 1_000_000 }, { signal: cancel.signal });
    slow.catch(() => undefined);
    await waitFor('the copy to be under way', () => a.told.some((line) => line.includes('base backup')), 10_000);
    cancel.abort();
    await expect(slow).rejects.toMatchObject({ code: 'cancelled' });
    await expect(a.perform('start-standby', { upstream: B, slot: slotOf(A) })).rejects.toThrow();
    // As after the loss of the whole directory: only the kept files know the configuration.
    rmSync(a.dataDirectory, { recursive: true, force: true });
    a.mark.reason = null;
    mkdirSync(a.dataDirectory, { mode: 0o700 });
    const owner = serverOwner();
    if (owner !== null) (await import('node:fs')).chownSync(a.dataDirectory, owner.uid, owner.gid);
    const cloned = await a.perform('clone', { source: B, slot: slotOf(A), replace: false, bytesPerSecondMax: null });
    console.log('clone', cloned);
    expect(cloned.bytes).toBeGreaterThan(1_000_000);
    expect(readFileSync(path.join(a.dataDirectory, 'postgresql.conf'), 'utf8')).toContain(`port = '${a.port}'`);
    await a.perform('start-standby', { upstream: B, slot: slotOf(A) });
    await waitForStreaming(b, A);
  });

  test('verify-archive: history and first segment of the new timeline are in the archive; a standby refuses', async () => {
    const b = fleet.node(B);
    const verified = await b.perform('verify-archive', { timeline: 2, waitMs: 10_000 });
    expect(verified.history).toBe(true);
    const files = readdirSync(fleet.archive);
    expect(files).toContain('00000002.history');
    expect(files).toContain(verified.firstSegment);
    await b.perform('verify-archive', { timeline: 2, waitMs: 10_000 });
    await expect(fleet.node(C).perform('verify-archive', { timeline: 2, waitMs: 10 })).rejects.toThrow(/is a standby/);
    await expect(b.perform('verify-archive', { timeline: 5, waitMs: 10 })).rejects.toThrow(/writes timeline 2, not 5/);
    await expect(b.perform('check-backup', {})).rejects.toMatchObject({ code: 'not-configured' });
  });
});
