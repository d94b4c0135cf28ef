/** A standby whose replay PostgreSQL has paused because a parameter is below the primary's: nothing that is ordered ends it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../test/live-postgres.ts';
import { startFleet, waitForStreaming } from '../../test/replicated-pair.ts';
import type { ReplicatedFleet } from '../../test/replicated-pair.ts';
import { PerformRefused } from './performer.ts';

const A = 'aws-use1-a';
const B = 'aws-use1-b';
const RAISED = 130;

let fleet: ReplicatedFleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet?.stop());

const pauseState = async (node: string): Promise<unknown> =>
  (await fleet.node(node).sql('SELECT pg_get_wal_replay_pause_state() AS state'))[0]?.['state'];

async function expectUntouched(): Promise<void> {
  const b = fleet.node(B);
  const refusal = new RegExp(`max_connections is \\d+ here and ${RAISED} in the WAL`);
  for (const refused of [
    () => b.perform('promise', {}),
    () => b.perform('promote', { timeline: 1, receivedPast: null, waitMs: 100 }),
    () => b.perform('restart', {}),
  ]) {
    await expect(refused()).rejects.toThrow(PerformRefused);
    await expect(refused()).rejects.toThrow(refusal);
  }
  expect(await pauseState(B)).toBe('paused');
  expect((await b.perform('report', {})).report).toMatchObject({ running: true, inRecovery: true, upstream: A });
}

test('it is neither resumed, promoted nor restarted, also when the primary has its old setting again; raised and restarted, it goes along', async () => {
  const [a, b] = [fleet.node(A), fleet.node(B)];
  await a.sql(`ALTER SYSTEM SET max_connections = ${RAISED}`);
  await a.perform('restart', {});
  await waitFor('the replay of B to stand still', async () => (await pauseState(B)) === 'paused');
  await expectUntouched();

  await a.sql('ALTER SYSTEM RESET max_connections');
  await a.perform('restart', {});
  await expectUntouched();

  await b.sql(`ALTER SYSTEM SET max_connections = ${RAISED}`);
  await b.perform('restart', {});
  await waitForStreaming(fleet.primary, B);
  await waitFor('replay to continue', async () => (await pauseState(B)) === 'not paused');
  // Paused by a person, it is resumed as before.
  await b.sql('SELECT pg_wal_replay_pause()');
  expect((await b.perform('promise', {})).report.replayPaused).toBe(false);
});
