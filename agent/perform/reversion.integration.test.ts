import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFleet, slotOf, waitForStreaming } from '../../test/replicated-pair.ts';
import type { ReplicatedFleet } from '../../test/replicated-pair.ts';
import { serverOwner, waitFor } from '../../test/live-postgres.ts';

const A = 'aws-use1-a';
const B = 'aws-use1-b';
const C = 'gcp-use4-a';

describe('a failover, and the old primary brought back', () => {
  let fleet: ReplicatedFleet;
  let forkLsn = '';
  let checkpointerOfB = 0;
  beforeAll(async () => {
    fleet = await startFleet();
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  test('failover: the primary dies under writes that nobody received; B takes over', async () => {
    const [a, b, c] = [fleet.node(A), fleet.node(B), fleet.node(C)];
    await a.sql(`INSERT INTO ledger VALUES (1, 'everywhere'), (2, 'to be updated'), (3, 'to be deleted')`, 'app');
    await a.sql(`CREATE TYPE mood AS ENUM ('calm'); CREATE TABLE wide (id int, "odd name" text, m mood, b bytea)`, 'app');
    await waitFor('the rows on B', async () => (await b.sql('SELECT 1 FROM ledger', 'app')).length === 3);
    const across = new pg.Client({ host: a.home, port: a.port, user: 'postgres', database: 'app' });
    across.on('error', () => undefined);
    await across.connect();
    await across.query(`BEGIN; INSERT INTO ledger VALUES (10, 'begun before the fork')`);
    // WAL of an open transaction leaves with the next commit.
    await a.sql('INSERT INTO wide VALUES (0)', 'app');
    await waitFor('B to have all of it', async () => (await b.sql('SELECT 1 FROM wide', 'app')).length === 1);
    await b.perform('promise', {});
    await c.perform('promise', {});
    await a.sql(`INSERT INTO ledger VALUES (4, 'only on A')`, 'app');
    await a.sql(`UPDATE ledger SET note = 'updated only on A' WHERE id = 2`, 'app');
    await a.sql('DELETE FROM ledger WHERE id = 3', 'app');
    await across.query('COMMIT');
    await a.sql(`BEGIN; INSERT INTO ledger VALUES (11, 'rolled back'); ROLLBACK`, 'app');
    await a.sql(`BEGIN; SAVEPOINT s; INSERT INTO ledger VALUES (12, 'in a subtransaction'); RELEASE s; COMMIT`, 'app');
    await a.sql(`INSERT INTO wide SELECT g, repeat(md5(g::text), 500), 'calm', '\\x00ff' FROM generate_series(1, 3) g`, 'app');
    await a.sql(`SELECT pg_logical_emit_message(true, 'farshore', 'heartbeat')`);
    // pg_waldump prints it on one line, 24 MB long.
    await a.sql(`SELECT pg_logical_emit_message(true, 'application', repeat('x', 8000000))`);
    await across.query(`BEGIN; INSERT INTO ledger VALUES (13, 'never committed')`);
    const [checkpointer] = await b.sql(`SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`);
    checkpointerOfB = Number(checkpointer?.['pid']);
    process.kill(checkpointerOfB, 'SIGSTOP');
    await a.perform('fence', {});
    const promoted = await b.perform('promote', { timeline: 1, receivedPast: null, waitMs: 0 });
    expect(promoted.report.timeline).toBe(2);
    forkLsn = promoted.switchLsn ?? '';
    await b.sql(`INSERT INTO ledger VALUES (5, 'only on B')`, 'app');
    await b.perform('prepare-slots', {
      slots: [
        { name: slotOf(A), lsn: null },
        { name: slotOf(C), lsn: null },
      ],
    });
  });

  test('rewind is refused while it would do harm', async () => {
    const [a, b] = [fleet.node(A), fleet.node(B)];
    await expect(b.perform('rewind', { source: A })).rejects.toThrow(/still runs/);
    await expect(a.perform('rewind', { source: C })).rejects.toThrow(/is a standby/);
    await expect(a.perform('rewind', { source: B })).rejects.toThrow(/has not made a checkpoint since its promotion/);
    process.kill(checkpointerOfB, 'SIGCONT');
    expect(a.mark.reason).toBeNull();
  });

  test('keep-diverged: the ledger lists what only the old primary had, and the directory stays as it was', async () => {
    const a = fleet.node(A);
    const listing = () => execFileSync('find', [a.dataDirectory, '-printf', '%p %s %T@\\n']).toString();
    const before = listing();
    const { ledger } = await a.perform('keep-diverged', { timeline: 1, forkLsn, rowsMax: 100 });
    expect(listing()).toBe(before);
    expect(ledger.rowsMessage).toBeNull();
    expect(ledger).toMatchObject({ node: A, timeline: 1, fromLsn: forkLsn, transactions: 6, rowsLeftOut: 0 });
    expect(ledger.bytes).toBeGreaterThan(300);
    expect(ledger.relations.find(({ relation }) => relation === 'public.ledger')).toEqual({
      database: 'app',
      relation: 'public.ledger',
      inserts: 3,
      updates: 1,
      deletes: 1,
    });
    const rows = (ledger.rows ?? []).map(
      ({ relation, change, row }) => `${relation} ${change} ${row === null ? '' : (JSON.parse(row) as { id: number }).id}`,
    );
    expect(rows.sort()).toEqual([
      'public.ledger deleted ',
      'public.ledger inserted 10',
      'public.ledger inserted 12',
      'public.ledger inserted 4',
      'public.ledger updated 2',
      'public.wide inserted 1',
      'public.wide inserted 2',
      'public.wide inserted 3',
    ]);
    const wide = (ledger.rows ?? []).find(({ relation }) => relation === 'public.wide');
    expect((JSON.parse(wide?.row ?? '{}') as { 'odd name'?: string })['odd name']).toHaveLength(16_000);
    expect(readFileSync(path.join(ledger.keptIn, 'rows.jsonl'), 'utf8').trim().split('\n')).toHaveLength(8);
    expect(readdirSync(path.join(ledger.keptIn, 'wal')).length).toBeGreaterThan(0);
    expect(existsSync(path.join(ledger.keptIn, 'copy'))).toBe(false);
    const again = await a.perform('keep-diverged', { timeline: 1, forkLsn, rowsMax: 100 });
    expect(again.ledger).toEqual(ledger);
  });

  test('keep-diverged: bounded lists say how much they leave out; the file has all', async () => {
    const a = fleet.node(A);
    rmSync(path.join(a.home, 'state/kept'), { recursive: true, force: true });
    const { ledger } = await a.perform('keep-diverged', { timeline: 1, forkLsn, rowsMax: 2 });
    expect(ledger.rows).toHaveLength(2);
    expect(ledger.rowsLeftOut).toBe(6);
    expect(readFileSync(path.join(ledger.keptIn, 'rows.jsonl'), 'utf8').trim().split('\n')).toHaveLength(8);
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
    expect(rewound.needed).toBe(true);
    expect(a.mark.reason).toBeNull();
    expect(readFileSync(path.join(a.dataDirectory, 'postgresql.conf'), 'utf8')).toBe(conf);
    expect(readFileSync(path.join(a.dataDirectory, 'postgresql.auto.conf'), 'utf8')).not.toContain('work_mem');
    expect(existsSync(path.join(a.dataDirectory, 'standby.signal'))).toBe(true);
    // Asked again by a caller that missed the answer, as after a crash of the agent: it is not started to be rewound once more.
    const control = readFileSync(path.join(a.dataDirectory, 'global/pg_control'));
    expect(await a.perform('rewind', { source: B })).toMatchObject({ needed: true, output: expect.stringContaining('An earlier attempt') });
    expect(readFileSync(path.join(a.dataDirectory, 'global/pg_control'))).toEqual(control);
    await a.perform('start-standby', { upstream: B, slot: slotOf(A) });
    await waitForStreaming(b, A);
    await waitFor('the rows of B on A', async () => {
      const rows = await a.sql('SELECT id, note FROM ledger ORDER BY id', 'app');
      return rows.map((row) => row['id']).join() === '1,2,3,5' && rows[1]?.['note'] === 'to be updated';
    });
    const ready = readdirSync(path.join(a.dataDirectory, 'pg_wal/archive_status')).filter(
      (name) => name.endsWith('.ready') && name.startsWith('00000001'),
    );
    expect(ready).toEqual([]);
  });

  test('keep-diverged: after the rewind the ledger is still given; where nothing diverged it is empty', async () => {
    const a = fleet.node(A);
    await a.perform('fence', {});
    const startedAtMs = performance.now();
    expect((await a.perform('keep-diverged', { timeline: 1, forkLsn, rowsMax: 2 })).ledger.transactions).toBe(6);
    // pg_waldump waits five seconds for a segment that never comes, unless it is told where the WAL ends.
    expect(performance.now() - startedAtMs).toBeLessThan(4000);
    const { receivedLsn } = (await fleet.node(C).perform('report', {})).report;
    const nothing = await a.perform('keep-diverged', { timeline: 2, forkLsn: receivedLsn ?? '0/0', rowsMax: 10 });
    expect(nothing.ledger).toMatchObject({ bytes: 0, transactions: 0, rows: [], rowsLeftOut: 0, relations: [] });
    await a.perform('start-standby', { upstream: B, slot: slotOf(A) });
    await waitForStreaming(fleet.node(B), A);
  });

  test('rewind of a node that has not diverged is not needed', async () => {
    const a = fleet.node(A);
    await a.perform('fence', {});
    const again = await a.perform('rewind', { source: B });
    expect(again.needed).toBe(false);
    await a.perform('start-standby', { upstream: B, slot: slotOf(A) });
    await waitForStreaming(fleet.node(B), A);
  });

  test('a rewind that cannot find its WAL leaves the directory as it was', async () => {
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
    await expect(a.perform('clone', { source: B, slot: slotOf(A), replace: false, bytesPerSecondMax: null })).rejects.toMatchObject({
      code: 'directory-not-empty',
    });
    await expect(fleet.node(C).perform('clone', { source: B, slot: null, replace: true, bytesPerSecondMax: null })).rejects.toThrow(
      /still runs/,
    );
    const control = path.join(a.dataDirectory, 'global/pg_control');
    const kept = readFileSync(control);
    const other = Buffer.from(kept);
    other.writeBigUInt64LE(1n, 0);
    writeFileSync(control, other);
    await expect(a.perform('clone', { source: B, slot: slotOf(A), replace: true, bytesPerSecondMax: null })).rejects.toThrow(
      /another database system/,
    );
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
