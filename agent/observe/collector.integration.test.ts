import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PostgresObservation } from '../../lib/agent-contract/observation.ts';
import { startPostgres, waitFor } from '../../test/live-postgres.ts';
import type { LivePostgres } from '../../test/live-postgres.ts';
import { createLog } from '../log.ts';
import { Collector } from './collector.ts';
import type { Sampled } from './collector.ts';
import { PROBE_APPLICATION_NAME } from './new-connection-probe.ts';
import { Session } from './session.ts';

let primary: LivePostgres;
let standby: LivePostgres;
let directory: string;
let ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  primary = await startPostgres({ settings: { archive_mode: 'on', archive_command: "'false'" } });
  await primary.sql('create role farshore_monitor login; grant pg_monitor to farshore_monitor');
  standby = await startPostgres({ standbyOf: primary, slotName: 'gcp_a', applicationName: 'gcp-a' });
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-agent-'));
});
afterAll(async () => {
  await standby?.stop();
  await primary?.stop();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  ends = [];
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
});

function collectorFor(server: LivePostgres): Collector {
  const target = { host: server.socketDir, port: server.port, user: 'farshore_monitor', database: 'postgres' };
  const session = new Session(target);
  const stateDirectory = mkdtempSync(path.join(directory, 'state-'));
  const log = createLog(() => undefined);
  const collector = new Collector({ session, target, stateDirectory, dataDirectory: server.dataDir, tickMs: 1000, log });
  ends.push(async () => {
    collector.probe.end();
    await session.end();
  });
  return collector;
}

const sampleUntil = (collector: Collector, what: string, isIt: (sampled: Sampled) => boolean): Promise<Sampled> =>
  waitFor(what, async () => {
    const sampled = await collector.sample();
    return isIt(sampled) ? sampled : null;
  });

describe('a sample', () => {
  test('of a primary: positions, downstream, slot, archiver, probe, volumes', async () => {
    const collector = collectorFor(primary);
    const { server, postgres, volumes } = await sampleUntil(
      collector,
      'a probe and a streaming downstream',
      (sampled) => sampled.postgres?.writeProbe?.ok === true && sampled.postgres.downstreams[0]?.state === 'streaming',
    );
    expect(server).toEqual({ state: 'accepting', message: null });
    expect(PostgresObservation.parse(postgres)).toEqual(postgres);
    expect(postgres).toMatchObject({ inRecovery: false, timeline: 1, receiveLsn: null, walReceiver: null, conflictsCancelled: null });
    expect(postgres?.downstreams[0]).toMatchObject({ applicationName: 'gcp-a', syncState: 'async', tls: null });
    expect(postgres?.slots[0]).toMatchObject({ name: 'gcp_a', active: true, type: 'physical', inactiveSince: null });
    expect(postgres?.archiver).toMatchObject({ mode: 'on' });
    expect(postgres?.archiver.readyCount).toBeGreaterThan(0);
    expect(postgres?.walDirectoryBytes).toBeGreaterThan(0);
    expect(volumes.map(({ purpose }) => purpose)).toEqual(['data', 'wal']);
  });

  test('of a standby: receiver, upstream, and no write probe', async () => {
    const collector = collectorFor(standby);
    const { postgres } = await sampleUntil(
      collector,
      'a streaming walreceiver',
      (sampled) => sampled.postgres?.walReceiver?.status === 'streaming',
    );
    expect(PostgresObservation.parse(postgres)).toEqual(postgres);
    expect(postgres).toMatchObject({ inRecovery: true, timeline: 1, insertLsn: null, writeProbe: null, replayPaused: false });
    expect(postgres?.configuredUpstream).toEqual({ host: '127.0.0.1', port: primary.port, applicationName: 'gcp-a', slotName: 'gcp_a' });
  });

  test('of a standby whose upstream was promoted and then died: the timeline that it received, though pg_control does not say it yet', async () => {
    // Without a page written there is no restartpoint and no newer minimum recovery point.
    const settings = { bgwriter_lru_maxpages: '0' };
    const middle = await startPostgres({ standbyOf: primary, applicationName: 'middle', settings });
    ends.push(() => middle.stop());
    const last = await startPostgres({ standbyOf: middle, applicationName: 'last', settings });
    ends.push(() => last.stop());
    const collector = collectorFor(last);
    await middle.sql('select pg_promote()');
    await middle.sql('create table written_on_two ()');
    await sampleUntil(collector, 'timeline 2 by its walreceiver', ({ postgres }) => postgres?.walReceiver?.receivedTimeline === 2);
    await waitFor(
      'the replayed table',
      async () => (await last.sql(`select to_regclass('written_on_two') is not null as seen`))[0]?.['seen'],
    );
    await middle.halt('immediate');
    const { postgres } = await sampleUntil(collector, 'no walreceiver', (sampled) => sampled.postgres?.walReceiver === null);
    expect(postgres?.timeline).toBe(2);
    // Also by an agent that has not seen it stream.
    expect((await collectorFor(last).sample()).postgres?.timeline).toBe(2);
  });

  test('the heartbeat moves the replay time of a standby of an idle primary', async () => {
    const [onPrimary, onStandby] = [collectorFor(primary), collectorFor(standby)];
    await sampleUntil(onPrimary, 'a commit', (sampled) => sampled.postgres?.writeProbe?.ok === true);
    const before = Date.now();
    await sampleUntil(onPrimary, 'the next', () => Date.now() - before > 300);
    const { postgres } = await sampleUntil(onStandby, 'a replayed heartbeat', (sampled) => {
      const at = sampled.postgres?.lastReplayedTransactionAt;
      return at !== null && at !== undefined && Date.parse(at) >= before - 300;
    });
    expect(postgres?.inRecovery).toBe(true);
  });

  test('a slot without a consumer is dated by the agent, and the date outlives its restart', async () => {
    await primary.sql(`select pg_create_physical_replication_slot('left_over', true)`);
    const collector = collectorFor(primary);
    const { postgres } = await collector.sample();
    expect(postgres?.slots.find(({ name }) => name === 'left_over')?.inactiveSince).not.toBeNull();
    await primary.sql(`select pg_drop_replication_slot('left_over')`);
  });
});

describe('a server in trouble', () => {
  test('a frozen postmaster is named within 3 s though the old connection works, and is no longer writable', async () => {
    const collector = collectorFor(primary);
    await sampleUntil(collector, 'a probe', (sampled) => sampled.postgres?.writeProbe?.ok === true);
    primary.freeze();
    try {
      const startedAtMs = performance.now();
      const { server, postgres } = await sampleUntil(collector, 'not-responding', (sampled) => sampled.server.state === 'not-responding');
      expect(performance.now() - startedAtMs).toBeLessThan(3000);
      expect(server.message).toMatch(/stopped by a signal/);
      expect(postgres?.writeProbe?.ok).toBe(false);
      // However long it lasts, one connection waits, not one per tick.
      const endAtMs = performance.now() + 2500;
      await sampleUntil(collector, 'the deadline of the probe', () => performance.now() > endAtMs);
      expect(collector.lastCommitAgeMs).toBeNull();
    } finally {
      primary.thaw();
    }
    await sampleUntil(
      collector,
      'recovery',
      (sampled) => sampled.server.state === 'accepting' && sampled.postgres?.writeProbe?.ok === true,
    );
    const [row] = await primary.sql(`select count(*)::int as n from pg_stat_activity where application_name = '${PROBE_APPLICATION_NAME}'`);
    expect(row?.['n']).toBeLessThanOrEqual(1);
  });

  test('commits that wait for a synchronous standby fail the probe, leave the server accepting, and never pile up', async () => {
    const collector = collectorFor(primary);
    await sampleUntil(collector, 'a probe', (sampled) => sampled.postgres?.writeProbe?.ok === true);
    await primary.sql(`alter system set synchronous_standby_names = 'nobody'`);
    await primary.sql('select pg_reload_conf()');
    try {
      let most = 0;
      const { server, postgres } = await sampleUntil(collector, 'a failed probe', (sampled) => {
        most = Math.max(most, sampled.postgres?.connections.used ?? 0);
        return sampled.postgres?.writeProbe?.ok === false;
      });
      expect(server.state).toBe('accepting');
      expect(postgres?.writeProbe?.reason).toMatch(/synchronous standby/);
      const endAtMs = performance.now() + 5000;
      await sampleUntil(collector, 'five seconds', (sampled) => {
        most = Math.max(most, sampled.postgres?.connections.used ?? 0);
        return performance.now() > endAtMs;
      });
      // The session, one probe, and a terminated one that may still be on its way out.
      expect(most).toBeLessThanOrEqual(3);
    } finally {
      await primary.sql('alter system reset synchronous_standby_names');
      await primary.sql('select pg_reload_conf()');
    }
    await sampleUntil(collector, 'recovery', (sampled) => sampled.postgres?.writeProbe?.ok === true);
  });

  test('a server that is stopped and started again is followed without a crash', async () => {
    const collector = collectorFor(standby);
    await sampleUntil(collector, 'accepting', (sampled) => sampled.server.state === 'accepting');
    await standby.halt();
    const { postgres, volumes } = await sampleUntil(collector, 'stopped', (sampled) => sampled.server.state === 'stopped');
    expect(postgres).toBeNull();
    expect(volumes).toHaveLength(2);
    // Away for so long that attempts to connect have become rare: it is asked as soon as its postmaster is there all the same.
    for (const endMs = performance.now() + 3_000; performance.now() < endMs; await delay(50)) await collector.sample();
    await standby.start();
    expect((await collector.sample()).server).toEqual({ state: 'accepting', message: null });
  });
});
