import { readFileSync, statSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFleet } from '../../test/replicated-pair.ts';
import type { ReplicatedFleet } from '../../test/replicated-pair.ts';
import { waitFor } from '../../test/live-postgres.ts';
import { PerformRefused } from './performer.ts';
import type { PerformContext } from './performer.ts';
import { standAtPoolers } from './speed/resume-at-promotion.ts';
import { poolerStates } from './pooler/states.ts';

const A = 'aws-use1-a';
const B = 'aws-use1-b';

describe('a pooler in front of the primary', () => {
  let fleet: ReplicatedFleet;
  let pooler: NonNullable<ReplicatedFleet['pooler']>;
  let client: pg.Client;
  beforeAll(async () => {
    fleet = await startFleet({ standbys: [B], pooler: true });
    pooler = fleet.pooler as NonNullable<ReplicatedFleet['pooler']>;
    client = new pg.Client({ connectionString: pooler.url });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    await client?.end().catch(() => undefined);
    await fleet?.stop();
  });
  const state = async () => (await poolerStates(fleet.node(B).config))[0];
  const portSeen = async () => Number((await client.query<{ port: string }>(`select current_setting('port') as port`)).rows[0]?.port);

  test('its state is told: where it points, not paused', async () => {
    expect(await state()).toEqual({ name: pooler.name, reachable: true, paused: false, primary: A, message: null });
    expect(await portSeen()).toBe(fleet.node(A).port);
  });

  test('pause waits for a transaction, gives up in time, and clients continue as before', async () => {
    await client.query('BEGIN');
    const paused = fleet.node(B).perform('pooler-pause', { pooler: pooler.name, waitMs: 200 });
    await expect(paused).rejects.toThrow(PerformRefused);
    await expect(paused).rejects.toThrow(/did not end within 200 ms/);
    await client.query('COMMIT');
    expect(await portSeen()).toBe(fleet.node(A).port);
    expect((await state())?.paused).toBe(false);
  });

  test('pause, repeated pause, resume, repeated resume: a waiting client sees no error', async () => {
    const { perform } = fleet.node(B);
    expect((await perform('pooler-pause', { pooler: pooler.name, waitMs: 1000 })).pausedMs).toBeLessThan(500);
    await perform('pooler-pause', { pooler: pooler.name, waitMs: 1000 });
    expect((await state())?.paused).toBe(true);
    const waiting = portSeen();
    await perform('pooler-resume', { pooler: pooler.name });
    expect(await waiting).toBe(fleet.node(A).port);
    await perform('pooler-resume', { pooler: pooler.name });
    expect((await state())?.paused).toBe(false);
  });

  test('switch after a pause: the waiting client continues at the other node; the file keeps mode, owner and comments', async () => {
    const { perform } = fleet.node(B);
    const before = statSync(pooler.configFile);
    await perform('pooler-pause', { pooler: pooler.name, waitMs: 1000 });
    const waiting = portSeen();
    await perform('pooler-switch', { pooler: pooler.name, primary: B });
    expect(await waiting).toBe(fleet.node(B).port);
    expect(await state()).toMatchObject({ paused: false, primary: B });
    const after = statSync(pooler.configFile);
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(readFileSync(pooler.configFile, 'utf8')).toContain(
      `app = host=127.0.0.1 port=${fleet.node(B).port} dbname=app\n; a comment that stays`,
    );
    await perform('pooler-switch', { pooler: pooler.name, primary: B });
  });

  test('point: refused while clients go through; in a pause they wait on, and a switch lets them continue where it points', async () => {
    const { perform } = fleet.node(B);
    const [from, to] = [fleet.node(B), fleet.node(A)];
    await expect(perform('pooler-point', { pooler: pooler.name, primary: A })).rejects.toThrow(/is not paused/);
    await perform('pooler-pause', { pooler: pooler.name, waitMs: 1000 });
    await perform('pooler-point', { pooler: pooler.name, primary: A });
    expect(await state()).toMatchObject({ paused: true, primary: A });
    await perform('pooler-point', { pooler: pooler.name, primary: A });
    const waiting = portSeen();
    await perform('pooler-switch', { pooler: pooler.name, primary: A });
    expect(await waiting).toBe(to.port);
    await perform('pooler-pause', { pooler: pooler.name, waitMs: 1000 });
    await perform('pooler-point', { pooler: pooler.name, primary: A });
    await perform('pooler-switch', { pooler: pooler.name, primary: B });
    expect(await portSeen()).toBe(from.port);
  });

  test('switch without a pause, as in a failover: idle server connections to the old node are not used again', async () => {
    expect(await portSeen()).toBe(fleet.node(B).port);
    await fleet.node(B).perform('pooler-switch', { pooler: pooler.name, primary: A });
    await waitFor('the client to arrive at the other node', async () => (await portSeen()) === fleet.node(A).port, 2000);
  });

  test('what is unknown is refused by name', async () => {
    const { perform } = fleet.node(B);
    await expect(perform('pooler-switch', { pooler: pooler.name, primary: 'nobody' })).rejects.toThrow(/does not know where pooler/);
    await expect(perform('pooler-pause', { pooler: 'other', waitMs: 1 })).rejects.toThrow(/knows no pooler other/);
  });

  test('a promotion lets clients continue at once where the pooler points at this node; the switch after it keeps their connections', async () => {
    const { perform } = fleet.node(B);
    const promotion = { timeline: 1, receivedPast: null, waitMs: 0, resume: ['other', pooler.name] };
    await perform('pooler-pause', { pooler: pooler.name, waitMs: 1000 });
    await perform('pooler-point', { pooler: pooler.name, primary: B });
    const waiting = client.query<{ pid: number; recovering: boolean }>('select pg_backend_pid() as pid, pg_is_in_recovery() as recovering');
    expect((await perform('promote', promotion)).resumed).toEqual([pooler.name]);
    const [served] = (await waiting).rows;
    expect(served?.recovering).toBe(false);
    expect(await perform('pooler-switch', { pooler: pooler.name, primary: B, pointed: true })).toMatchObject({
      primary: B,
      clientsWaiting: 0,
    });
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    expect(rows[0]?.pid).toBe(served?.pid);
    expect(await portSeen()).toBe(fleet.node(B).port);
  });

  test('clients of a pooler that points elsewhere, or is not paused, are left as they are', async () => {
    const { perform } = fleet.node(B);
    await perform('pooler-pause', { pooler: pooler.name, waitMs: 1000 });
    await perform('pooler-point', { pooler: pooler.name, primary: A });
    const context = { config: fleet.node(B).config, nodeName: B, log: { warn: () => undefined } } as unknown as PerformContext;
    const openOnce = async (): Promise<string[]> => {
      const gate = standAtPoolers([pooler.name], context);
      try {
        return await gate.open();
      } finally {
        await gate.end();
      }
    };
    expect(await openOnce()).toEqual([]);
    expect(await state()).toMatchObject({ paused: true, primary: A });
    await perform('pooler-switch', { pooler: pooler.name, primary: B });
    expect(await openOnce()).toEqual([]);
  });

  test('a pooler that is away is told as unreachable', async () => {
    const config = structuredClone(fleet.node(B).config);
    config.poolers = { 'payments-rw': { ...(config.poolers['payments-rw'] as (typeof config.poolers)[string]), port: 1 } };
    expect((await poolerStates(config))[0]).toMatchObject({ reachable: false, paused: null, primary: null });
  });
});
