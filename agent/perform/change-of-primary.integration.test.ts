import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { configuredInstance } from '../instance.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFleet, slotOf, waitForStreaming } from '../../test/replicated-pair.ts';
import type { ReplicatedFleet } from '../../test/replicated-pair.ts';
import { patient } from '../../setup/patience.ts';
import { waitFor } from '../../test/live-postgres.ts';
import { lsnBytes } from '../observe/lsn.ts';
import { PerformFailed, PerformRefused } from './performer.ts';
import { parseControlData, readControl, readControlHead } from './postgres/directory/control-data.ts';
import { isHeld } from './postgres/directory/start-guard-mark.ts';
import { serverProcesses } from './postgres/process/process-table.ts';
import { removeStaleLocks } from './postgres/process/server-process.ts';

const A = 'aws-use1-a';
const B = 'aws-use1-b';
const C = 'gcp-use4-a';

describe('a switchover, verb by verb', () => {
  let fleet: ReplicatedFleet;
  beforeAll(async () => {
    fleet = await startFleet();
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  test('report: primary and standby say what they are', async () => {
    const primary = await fleet.node(A).perform('report', {});
    expect(primary.report).toMatchObject({ running: true, inRecovery: false, timeline: 1, receivedLsn: null, upstream: null });
    expect(primary.report.control?.state).toBe('in production');
    const standby = await fleet.node(B).perform('report', {});
    expect(standby.report).toMatchObject({
      inRecovery: true,
      timeline: 1,
      flushLsn: null,
      receiving: true,
      replayPaused: false,
      upstream: A,
    });
    expect(standby.history).toEqual([]);
  });

  test('pg_control read in place says what pg_controldata says', async () => {
    const { config, dataDirectory } = fleet.node(B);
    await fleet.node(B).perform('checkpoint', {});
    const { execFileSync } = await import('node:child_process');
    const text = execFileSync(`${config.postgres.bin_directory ?? ''}/pg_controldata`, ['-D', dataDirectory], {
      env: { LC_ALL: 'C' } as never,
    });
    expect(readControlHead(dataDirectory)).toEqual(parseControlData(text.toString()));
    expect(await readControl(configuredInstance(config))).toMatchObject({ state: 'in archive recovery', timeline: 1 });
  });

  test('checkpoint fills the segment of a primary that archives, so that a shutdown has no padding to send', async () => {
    await fleet.primary.sql('SELECT pg_switch_wal()');
    await fleet.primary.sql('CREATE TABLE filled ()', 'app');
    const { filledTo } = await fleet.primary.perform('checkpoint', { fillSegment: true });
    const segmentBytes = 1024 * 1024;
    expect(Number(lsnBytes(filledTo ?? '0/0')) % segmentBytes).toBeGreaterThan(segmentBytes * 0.7);
    await fleet.node(B).perform('await-wal', { past: filledTo ?? '0/0', waitMs: 10_000 });
    expect((await fleet.primary.perform('checkpoint', { fillSegment: true })).filledTo).toBeNull();
    expect((await fleet.node(B).perform('checkpoint', { fillSegment: true })).filledTo).toBeNull();
    expect((await fleet.primary.perform('checkpoint', {})).filledTo).toBeNull();
  });

  test('prepare-slots: made, moved ahead, never back, repeated', async () => {
    const standby = fleet.node(B);
    const first = await standby.perform('prepare-slots', { slots: [{ name: slotOf(C), lsn: null }] });
    const made = first.slots[0]?.restartLsn ?? '0/0';
    await fleet.primary.sql('CHECKPOINT');
    await fleet.primary.sql('INSERT INTO ledger SELECT g, repeat($$x$$, 100) FROM generate_series(1, 2000) g', 'app');
    const to = (await fleet.node(C).perform('report', {})).report.receivedLsn;
    await waitFor('the standby to have replayed it', async () => {
      const at = (await standby.perform('report', {})).report.replayedLsn;
      return at !== null && to !== null && lsnBytes(at) >= lsnBytes(to);
    });
    const moved = (await standby.perform('prepare-slots', { slots: [{ name: slotOf(C), lsn: to }] })).slots[0]?.restartLsn ?? '0/0';
    expect(lsnBytes(moved)).toBeGreaterThan(lsnBytes(made));
    const again = await standby.perform('prepare-slots', { slots: [{ name: slotOf(C), lsn: made }] });
    expect(again.slots[0]?.restartLsn).toBe(moved);
  });

  test('set-synchronous: set, repeated, cleared; names with hyphens are quoted', async () => {
    const synchronous = { method: 'ANY', required: 1, standbys: [B, C] } as const;
    const set = () => fleet.primary.perform('set-synchronous', { synchronous: { ...synchronous, standbys: [...synchronous.standbys] } });
    expect((await set()).value).toBe(`ANY 1 ("${B}", "${C}")`);
    expect((await set()).value).toBe(`ANY 1 ("${B}", "${C}")`);
    await waitFor(
      'a synchronous standby',
      async () => (await fleet.primary.sql(`select 1 from pg_stat_replication where sync_state = 'quorum'`)).length === 2,
    );
    expect((await fleet.primary.perform('set-synchronous', { synchronous: null })).value).toBe('');
  });

  test('what cannot be done is refused, and nothing is changed', async () => {
    await expect(fleet.node(B).perform('stop-primary', { keepStreaming: [], drainMs: 100 })).rejects.toThrow(PerformRefused);
    await expect(fleet.primary.perform('promise', {})).rejects.toThrow(/out of recovery/);
    await expect(fleet.primary.perform('follow', { upstream: B, slot: null })).rejects.toThrow(/out of recovery/);
    await expect(fleet.primary.perform('start-standby', { upstream: B, slot: null })).rejects.toThrow(/runs as a primary/);
    await expect(fleet.primary.perform('promote', { timeline: 1, receivedPast: null, waitMs: 0 })).rejects.toThrow(/out of recovery/);
    await expect(fleet.node(B).perform('follow', { upstream: 'nobody', slot: null })).rejects.toThrow(/knows no address of nobody/);
    await expect(fleet.node(B).perform('promote', { timeline: 7, receivedPast: null, waitMs: 0 })).rejects.toThrow(/timeline 1, not on 7/);
    const missing = fleet.node(B).perform('promote', { timeline: 1, receivedPast: 'F/0', waitMs: 50 });
    await expect(missing).rejects.toMatchObject({ code: 'wal-missing', changed: false });
    await expect(missing).rejects.toThrow(PerformFailed);
    await expect(fleet.node(B).perform('await-wal', { past: null, waitMs: 50 })).rejects.toThrow(/streams on after 50 ms/);
    expect((await fleet.node(B).perform('report', {})).report.inRecovery).toBe(true);
  });

  test('restart and reload keep the role', async () => {
    const restarted = await fleet.node(C).perform('restart', {});
    expect(restarted.report.inRecovery).toBe(true);
    await fleet.node(C).sql('ALTER SYSTEM SET max_connections = 41');
    expect(await fleet.node(C).perform('reload', {})).toEqual({ pendingRestart: ['max_connections'] });
    await fleet.node(C).sql('ALTER SYSTEM RESET max_connections');
    expect(await fleet.node(C).perform('reload', {})).toEqual({ pendingRestart: [] });
    await waitForStreaming(fleet.primary, C);
  });

  test('the change: stop, promote past the shutdown checkpoint, follow, start as standby without rewind', async () => {
    const [a, b, c] = [fleet.node(A), fleet.node(B), fleet.node(C)];
    await a.perform('checkpoint', {});
    // As in a switchover: the standby waits side by side with the shutdown, for whatever will be its last position.
    const [stopped, last] = await Promise.all([
      a.perform('stop-primary', { keepStreaming: [B], drainMs: 1000 }),
      b.perform('await-wal', { past: null, waitMs: 10_000 }),
    ]);
    expect(stopped.control.state).toBe('shut down');
    expect(lsnBytes(last.receivedLsn)).toBeGreaterThan(lsnBytes(stopped.control.checkpointLsn));
    // Asked again, the stream is at its end.
    expect((await b.perform('await-wal', { past: null, waitMs: 0 })).receivedLsn).toBe(last.receivedLsn);
    const promoted = await b.perform('promote', { timeline: 1, receivedPast: stopped.control.checkpointLsn, waitMs: 5000 });
    expect(promoted.report).toMatchObject({ inRecovery: false, timeline: 2 });
    expect(lsnBytes(promoted.switchLsn ?? '0/0')).toBeGreaterThan(lsnBytes(stopped.control.checkpointLsn));
    const again = await b.perform('promote', { timeline: 1, receivedPast: stopped.control.checkpointLsn, waitMs: 5000 });
    expect(again).toMatchObject({ promoteMs: 0, nudges: 0, switchLsn: promoted.switchLsn });
    expect((await a.perform('stop-primary', { keepStreaming: [B], drainMs: 1000 })).shutDownMs).toBe(0);

    await b.perform('prepare-slots', {
      slots: [
        { name: slotOf(A), lsn: null },
        { name: slotOf(C), lsn: null },
      ],
    });
    const followed = await c.perform('follow', { upstream: B, slot: slotOf(C) });
    expect(followed.report).toMatchObject({ inRecovery: true, receiving: true, upstream: B });
    await waitFor('the new timeline', async () => (await c.perform('report', {})).report.timeline === 2);
    expect((await c.perform('follow', { upstream: B, slot: slotOf(C) })).report.receiving).toBe(true);
    const started = await a.perform('start-standby', { upstream: B, slot: slotOf(A) });
    expect(started.report).toMatchObject({ inRecovery: true, upstream: B });
    await waitForStreaming(b, A);
    expect((await a.perform('start-standby', { upstream: B, slot: slotOf(A) })).report.receiving).toBe(true);
    await b.sql(`INSERT INTO ledger VALUES (1000001, 'after')`, 'app');
    await waitFor('the row on the old primary', async () => (await a.sql('SELECT 1 FROM ledger WHERE id = 1000001', 'app')).length === 1);
    expect(a.log()).not.toMatch(/forked off/);
    await expect(a.perform('start-primary', {})).rejects.toThrow(/standby\.signal/);
  });

  test('drop-slot: in use is refused, unused is dropped, absent is said', async () => {
    const b = fleet.node(B);
    await expect(b.perform('drop-slot', { slot: slotOf(A) }, { deadlineMs: patient(400) })).rejects.toThrow(/in use/);
    const a = fleet.node(A);
    expect(await a.perform('drop-slot', { slot: slotOf(B) })).toEqual({ existed: true });
    expect(await a.perform('drop-slot', { slot: slotOf(B) })).toEqual({ existed: false });
  });

  test('promise: receiving ends, replay resumes, the position stays; a repeat says the same; follow brings it back', async () => {
    const c = fleet.node(C);
    await c.sql('SELECT pg_wal_replay_pause()');
    const { report, history } = await c.perform('promise', {});
    expect(report).toMatchObject({ inRecovery: true, receiving: false, replayPaused: false, upstream: null, timeline: 2 });
    expect(history).toMatchObject([{ timeline: 1 }]);
    await fleet.node(B).sql(`INSERT INTO ledger VALUES (1000002, 'unseen')`, 'app');
    expect((await c.perform('promise', {})).report.receivedLsn).toBe(report.receivedLsn);
    expect((await c.perform('follow', { upstream: B, slot: slotOf(C) })).report.receiving).toBe(true);
  });

  test('start-primary: the abort of a switchover, on the same timeline', async () => {
    const b = fleet.node(B);
    await b.perform('stop-primary', { keepStreaming: [A, C], drainMs: 500 });
    // A failover that is rolled back: C is told to follow again while nobody answers there yet.
    await fleet.node(C).perform('promise', {});
    const told = await fleet.node(C).perform('follow', { upstream: B, slot: slotOf(C), untilStreaming: false });
    expect(told.report).toMatchObject({ inRecovery: true, receiving: false, upstream: B });
    const { report } = await b.perform('start-primary', {});
    expect(report).toMatchObject({ inRecovery: false, timeline: 2 });
    expect((await b.perform('start-primary', {})).report.inRecovery).toBe(false);
    await waitForStreaming(b, C);
  });

  test('fence: a frozen server is gone within seconds; a second fence finds nothing', async () => {
    const b = fleet.node(B);
    for (const { pid } of serverProcesses(b.dataDirectory)) process.kill(pid, 'SIGSTOP');
    const fenced = await b.perform('fence', {});
    expect(fenced).toMatchObject({ wasRunning: true, forced: true });
    expect(fenced.stopMs).toBeLessThan(3000);
    expect(fenced.control?.state).toBe('in production');
    expect(b.isRunning()).toBe(false);
    expect(await b.perform('fence', {})).toMatchObject({ wasRunning: false, forced: false });
    await expect(b.perform('stop-primary', { keepStreaming: [], drainMs: 1 })).rejects.toThrow(/not shut down cleanly/);
    const dead = await b.perform('report', {});
    expect(dead.report).toMatchObject({ running: false, inRecovery: null, timeline: null });
    expect(dead.report.control?.timeline).toBe(2);
  });

  test('an unusable directory is never started', async () => {
    const b = fleet.node(B);
    b.mark.reason = 'a rewind did not finish';
    await expect(b.perform('start-standby', { upstream: A, slot: null })).rejects.toMatchObject({ code: 'directory-unusable' });
    await expect(b.perform('start-primary', {})).rejects.toMatchObject({ code: 'directory-unusable' });
    b.mark.reason = null;
    expect(b.isRunning()).toBe(false);
  });

  test('a fenced primary that somebody starts by hand is read only, on its own line; start-primary makes it writable again', async () => {
    const b = fleet.node(B);
    expect(isHeld(b.dataDirectory)).toBe(true);
    removeStaleLocks(configuredInstance(b.config));
    await b.start();
    const started = (await b.perform('report', {})).report;
    expect(started).toMatchObject({ inRecovery: true, receiving: false, timeline: 2, upstream: null });
    await expect(b.sql(`INSERT INTO ledger VALUES (1000003, 'never')`, 'app')).rejects.toThrow(/read-only/);
    expect((await b.perform('start-primary', {})).report).toMatchObject({ inRecovery: false, timeline: 2 });
    expect(existsSync(path.join(b.dataDirectory, 'standby.signal'))).toBe(false);
    expect(readFileSync(path.join(b.dataDirectory, 'postgresql.auto.conf'), 'utf8')).not.toMatch(/recovery_target_timeline/);
    await b.perform('fence', {});
  });

  test('a server that cannot come up says why, with its log', async () => {
    const b = fleet.node(B);
    const file = path.join(b.dataDirectory, 'postgresql.conf');
    const before = readFileSync(file, 'utf8');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, `${before}\nmax_connections = 'many'\n`);
    await expect(b.perform('start-primary', {})).rejects.toThrow(/invalid value for parameter "max_connections"/);
    writeFileSync(file, before);
  });
});
