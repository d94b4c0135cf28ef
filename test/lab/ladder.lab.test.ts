/** The ways of a reversion on real servers: what really fails, what takes its place, and what is chosen by hand. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nodePaths } from '../../lab/node-paths.ts';
import type { NodePaths } from '../../lab/node-paths.ts';
import type { OperationResult } from '../../lab/operator.ts';
import { serverUser } from '../../lab/os-user.ts';
import type { RejoinMethod } from '../../lib/domain/operation/model.ts';
import { OperatedLab } from './change-of-primary.ts';
import { nodeOf, startWatch } from './watched-lab.ts';
import type { Watch } from './watched-lab.ts';
import { lastResort } from '../../setup/patience.ts';
import { waitFor } from '../../lab/waiting.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const OPERATION_MS = 4 * MINUTE_MS;
/** The time that a standby which never streams was waited for, before its log was read. */
const STREAMING_DEADLINE_MS = 2 * MINUTE_MS;
const A = 'aws-use1-a';
const B = 'aws-use1-b';
const LOST_ROWS = 40;

let watch: Watch;
let operated: OperatedLab;

beforeAll(async () => {
  watch = await startWatch(undefined, { clusters: ['payments'] });
  operated = new OperatedLab(watch);
  await watch.lab.firstBackups;
  await operated.allStreaming('payments');
});

beforeEach(() => operated.makeHome('payments', A), 3 * MINUTE_MS);

afterAll(async () => {
  await watch?.stop();
});

describe('a way that fails is followed by the next', () => {
  test(
    'the WAL back to the fork is gone on the old primary and in the archive: no rewind; the restore brings it back',
    async () => {
      const first = await loseThePrimary();
      backUp(B);
      removeWalBefore(first, [walOf(A), ...archives()]);

      const result = await revert('rewind');
      expect(ended(result, `rewind-${A}`)).toMatchObject({
        kind: 'step-failed',
        reason: expect.stringContaining('pg_rewind ended') as string,
      });
      expect(ended(result, `start-standby-${A}`)).toMatchObject({
        kind: 'step-skipped',
        reason: expect.stringContaining('failed, and with it the rewind') as string,
      });
      expect(ended(result, `restore-${A}`)).toMatchObject({ kind: 'step-done' });
      expect(ended(result, `see-streaming-${A}-after-restore-${A}`)).toMatchObject({ kind: 'step-done' });
      expect(ended(result, `clone-${A}`)).toMatchObject({ kind: 'step-skipped', reason: 'Not needed: the restore did it.' });
      expectStartedOnlyAfter(result, `restore-${A}`);
    },
    lastResort(6 * MINUTE_MS),
  );

  test(
    'the restore breaks off as well, its directory half written: that is never started, and the base backup does it',
    async () => {
      const first = await loseThePrimary();
      backUp(B);
      removeWalBefore(first, [walOf(A), ...archives()]);
      // Restored last of all: everything else has been written by then.
      rmSync(join(repositoryOf(B), 'backup', 'payments', 'latest', 'pg_data', 'global', 'pg_control.lz4'));

      const result = await revert('rewind');
      expect(ended(result, `rewind-${A}`)).toMatchObject({ kind: 'step-failed' });
      expect(ended(result, `restore-${A}`)).toMatchObject({
        kind: 'step-failed',
        failure: 'partial',
        reason: expect.stringContaining('pg_control') as string,
      });
      expect(ended(result, `start-standby-${A}-after-restore-${A}`)).toMatchObject({ kind: 'step-skipped' });
      expect(ended(result, `clone-${A}`)).toMatchObject({ kind: 'step-done' });
      expectStartedOnlyAfter(result, `clone-${A}`);
      backUp(B);
    },
    lastResort(6 * MINUTE_MS),
  );

  test(
    'rewound, but the WAL with which the new line begins is nowhere: its log says so, and the restore begins long before the deadline',
    async () => {
      await loseThePrimary();
      await fillSegments(B);
      await operated.query(B, 'CHECKPOINT');
      await operated.allStreaming('payments', [A]);
      backUp(B);
      const [redo] = await operated.query<{ name: string; lsn: string }>(
        B,
        'SELECT pg_walfile_name(redo_lsn) AS name, redo_lsn::text AS lsn FROM pg_control_checkpoint()',
      );
      for (const node of ['gcp-use4-a', 'rax-dfw-a'])
        await waitFor(`${node} to have received what is removed`, 30_000, async () => {
          const [row] = await operated.query<{ has: boolean | null }>(node, 'SELECT pg_last_wal_receive_lsn() >= $1::pg_lsn AS has', [
            redo!.lsn,
          ]);
          return row?.has === true;
        });
      removeWalBefore(redo!.name, [walOf(B), ...archives()]);

      const result = await revert('rewind');
      expect(ended(result, `rewind-${A}`)).toMatchObject({ kind: 'step-done' });
      expect(ended(result, `start-standby-${A}`)).toMatchObject({ kind: 'step-failed', code: 'wal-missing' });
      expect(ended(result, `see-streaming-${A}`)).toMatchObject({ kind: 'step-skipped' });
      expect(ended(result, `restore-${A}`)).toMatchObject({ kind: 'step-done' });
      const waitedMs = timeOf(result, 'step-failed', `start-standby-${A}`) - timeOf(result, 'step-started', `start-standby-${A}`);
      console.log(`    given up after ${waitedMs} ms`);
      expect(waitedMs).toBeLessThan(STREAMING_DEADLINE_MS / 2);
    },
    lastResort(6 * MINUTE_MS),
  );
});

describe('chosen by hand', () => {
  test(
    'kept for inspection it stays stopped with its ledger; later it is re-cloned',
    async () => {
      await loseThePrimary();
      const kept = await operated.operator.run(
        'payments',
        { kind: 'reversion', target: A, method: 'keep', switchBack: false },
        OPERATION_MS,
      );
      expect(kept.plan.steps.some(({ id }) => id.startsWith('rewind') || id.startsWith('clone'))).toBe(false);
      await expectLedger(kept);
      expect((await operated.node(A)).postgres).not.toBe('running');
      expect(nodeOf(await watch.view('payments'), A).state).toBe('fenced');
      operated.onePrimary(await operated.primaries('payments'), B);

      const cloned = await revert('re-clone');
      expect(cloned.plan.steps.some(({ id }) => id.startsWith('rewind') || id.startsWith('restore'))).toBe(false);
      expect(ended(cloned, `clone-${A}`)).toMatchObject({ kind: 'step-done' });
      expectStartedOnlyAfter(cloned, `clone-${A}`);
    },
    lastResort(6 * MINUTE_MS),
  );
});

/**
 * The primary writes on alone, dies, and another one leads. @returns the first WAL segment of its last line that is needed to continue from the fork:
 * the last checkpoint that both sides have lies before it.
 */
async function loseThePrimary(): Promise<string> {
  await operated.query(A, 'CHECKPOINT');
  await fillSegments(A);
  await operated.allStreaming('payments');
  const [segment] = await operated.query<{ name: string }>(A, 'SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS name');
  // B last: a failover takes the standby that has received most.
  for (const peer of ['gcp-use4-a', 'rax-dfw-a', B]) await watch.lab.cut(A, peer);
  await operated.query(A, `CREATE TABLE only_here AS SELECT generate_series(1, ${LOST_ROWS}) AS id`, [], 'app');
  // It recovers from here, so that what is missing before it does not keep it from that.
  await operated.query(A, 'CHECKPOINT');
  await watch.lab.kill(A, 'postgres');
  // Cut off from the others, nobody hears a refusal from it: its own agent’s word would not do.
  await operated.operator.run('payments', { kind: 'failover', target: B, fence: 'command' }, OPERATION_MS);
  await watch.lab.heal();
  await operated.allStreaming('payments', [A]);
  return segment!.name;
}

async function fillSegments(primary: string): Promise<void> {
  for (let each = 0; each < 2; each += 1)
    await operated.query(primary, `SELECT pg_logical_emit_message(true, 'farshore-test', 'x'), pg_switch_wal()`);
}

async function revert(method: RejoinMethod): Promise<OperationResult> {
  const result = await operated.operator.run('payments', { kind: 'reversion', target: A, method, switchBack: false }, OPERATION_MS);
  await operated.allStreaming('payments');
  await operated.rowSetsEqual('payments', B);
  await expectLedger(result);
  // A failed and replaced attempt leaves no follow-up.
  expect(result.outcome).toBe('Every step was done and verified.');
  operated.onePrimary(await operated.primaries('payments'), B);
  return result;
}

/** Kept before anything is written over, with the rows that nobody else had. */
async function expectLedger(result: OperationResult): Promise<void> {
  const keptAtMs = timeOf(result, 'step-done', 'keep-diverged');
  for (const verb of ['rewind', 'restore', 'clone'])
    for (const { at, event } of result.events)
      if (event.kind === 'step-started' && event.step.startsWith(`${verb}-`)) expect(at.getTime()).toBeGreaterThanOrEqual(keptAtMs);
  const { rows } = await watch.pool.query<{ body: string }>(
    `SELECT body FROM operation_artifact WHERE operation_id = $1 AND name LIKE 'loss-ledger-%.json'`,
    [result.id],
  );
  const ledger = JSON.parse(rows[0]?.body ?? '{}') as { rows?: { relation: string }[] };
  expect(ledger.rows?.filter(({ relation }) => relation === 'public.only_here')).toHaveLength(LOST_ROWS);
}

/** The last event of a step that tells how it ended. */
const ended = ({ events }: OperationResult, step: string) =>
  events.findLast(
    ({ event }) => ['step-done', 'step-failed', 'step-skipped'].includes(event.kind) && 'step' in event && event.step === step,
  )?.event;

function timeOf({ events }: OperationResult, kind: string, step: string): number {
  const found = events.findLast(({ event }) => event.kind === kind && 'step' in event && event.step === step);
  return found?.at.getTime() ?? Number.NaN;
}

/** The server's own log knows of no start between the fence and the end of this step. Both clocks are this machine's. */
function expectStartedOnlyAfter(result: OperationResult, step: string): void {
  const fencedAtMs = timeOf(result, 'step-done', `fence-${A}`);
  const starts = readFileSync(join(pathsOf(A).log, 'postgresql.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('starting PostgreSQL'))
    .map((line) => Date.parse(`${line.slice(0, 23).replace(' ', 'T')}Z`))
    .filter((atMs) => atMs > fencedAtMs);
  expect(starts).toHaveLength(1);
  // The controller stores the end of a step some milliseconds after it came.
  expect(starts[0]).toBeGreaterThan(timeOf(result, 'step-started', step));
  const states = result.events.filter(({ event }) => event.kind === 'step-started' && event.step.startsWith('start-standby'));
  expect(states, 'one start was asked for').toHaveLength(1);
  expect(states[0]!.at.getTime()).toBeGreaterThanOrEqual(timeOf(result, 'step-done', step));
}

const pathsOf = (node: string): NodePaths => nodePaths(watch.lab.dir, node);
const walOf = (node: string): string => join(pathsOf(node).data, 'pg_wal');
const repositoryOf = (node: string): string => /^repo1-path=(.+)$/m.exec(readFileSync(pathsOf(node).pgbackrestConfig, 'utf8'))![1]!;

/** Where the repository keeps WAL: a directory for each timeline and 4 GB. */
function archives(): string[] {
  const archive = join(repositoryOf(B), 'archive', 'payments', '15-1');
  return readdirSync(archive)
    .map((name) => join(archive, name))
    .filter((name) => !name.endsWith('.history'));
}

/** Of the segment's timeline, as somebody does who needs room and does not know what it is for. */
function removeWalBefore(segment: string, directories: readonly string[]): void {
  const names = directories.flatMap((directory) =>
    existsSync(directory)
      ? readdirSync(directory)
          .filter((name) => /^[0-9A-F]{24}(?:$|-)/.test(name) && name.slice(0, 8) === segment.slice(0, 8) && name.slice(0, 24) < segment)
          .map((name) => join(directory, name))
      : [],
  );
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) rmSync(name);
}

/** A full backup from this node, as a schedule takes it. */
function backUp(node: string): void {
  const args = [`--config=${pathsOf(node).pgbackrestConfig}`, '--stanza=payments', '--type=full', 'backup'];
  execFileSync('/usr/bin/pgbackrest', args, { ...serverUser().ids, cwd: '/', stdio: 'pipe', timeout: 2 * MINUTE_MS });
}
