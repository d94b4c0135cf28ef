/** Operations on real servers: what the page promises, and what the servers, the clients and the record say afterwards. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CommandRefused, describe as journalOf } from '../../lab/operator.ts';
import type { OperationResult, PlannedOperation } from '../../lab/operator.ts';
import type { ProberProcess } from '../../lab/prober-process.ts';
import { waitFor } from '../../lab/waiting.ts';
import { OperatedLab } from './change-of-primary.ts';
import { nodeOf, startWatch, type Watch } from './watched-lab.ts';
import { lastResort } from '../../setup/patience.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const A = 'aws-use1-a';
const B = 'aws-use1-b';

let watch: Watch;
let operated: OperatedLab;
let prober: ProberProcess;

beforeAll(async () => {
  watch = await startWatch();
  operated = new OperatedLab(watch);
  await watch.lab.firstBackups;
  await Promise.all([operated.allStreaming('payments'), operated.allStreaming('ledger')]);
  prober = await watch.lab.startProber('payments');
});

/** A test that failed must not fail the next. */
beforeEach(() => operated.makeHome('payments', A), lastResort(2 * MINUTE_MS));

afterAll(async () => {
  await prober?.stop();
  await watch?.stop();
});

describe('switchover', () => {
  test(
    'within a region, and back: no client sees an error',
    async () => {
      await operated.switchover('payments', B, prober);
      await operated.sumsAreRight(B);
      await operated.switchover('payments', A, prober);
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'across providers, and back',
    async () => {
      await operated.switchover('payments', 'rax-dfw-a', prober);
      await operated.switchover('payments', A, prober);
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'to a cascading standby, and back',
    async () => {
      await operated.switchover('payments', 'gcp-use4-a', prober);
      await operated.switchover('payments', A, prober);
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'in the synchronous cluster, with the approval of a second person; commits stay synchronous',
    async () => {
      const planned = await operated.operator.planUntilPossible('ledger', { kind: 'switchover', target: 'gcp-euw4-a' });
      expect(planned.plan.approvalsRequired).toBe(1);
      const ledger = await watch.lab.startProber('ledger');
      try {
        await ledger.mark();
        const id = await operated.operator.request('ledger', planned);
        expect(await operated.operator.state(id)).toBe('awaiting-approval');
        await operated.operator.approve(id, planned.hash);
        expect((await operated.operator.wait(id)).state).toBe('done');
        operated.onePrimary(await operated.primaries('ledger'), 'gcp-euw4-a');
        await operated.allStreaming('ledger');
        const report = await ledger.report();
        expect(report.errors).toMatchObject({ statements: 0, connects: 0 });
        await operated.nothingLost('gcp-euw4-a', report);
      } finally {
        await ledger.stop();
      }
      const sync = await operated.query<{ state: string }>('gcp-euw4-a', `SELECT sync_state AS state FROM pg_stat_replication`);
      expect(sync.filter(({ state }) => state === 'quorum' || state === 'sync').length).toBeGreaterThan(0);
      for (const standby of ['aws-euw1-a', 'az-weu-a']) {
        const [setting] = await operated.query<{ names: string }>(standby, `SELECT current_setting('synchronous_standby_names') AS names`);
        expect(setting?.names, `synchronous_standby_names must not travel to ${standby}`).toBe('');
      }
      await operated.switchover('ledger', 'aws-euw1-a');
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'five times there and back under load: every row once, terms and timelines grow by one',
    async () => {
      await watch.lab.load('payments', 100);
      const before = await operated.leadership('payments');
      for (let cycle = 0; cycle < 5; cycle += 1) {
        await operated.switchover('payments', B, prober);
        await operated.switchover('payments', A, prober);
      }
      const after = await operated.leadership('payments');
      expect(after.term).toBe(before.term + 10);
      expect(after.timeline).toBe((before.timeline ?? 0) + 10);
      await operated.rowSetsEqual('payments', A);
      await operated.sumsAreRight(A);
      const report = await prober.report();
      await operated.nothingLost(A, report);
    },
    lastResort(10 * MINUTE_MS),
  );
});

describe('what is refused', () => {
  test(
    'a plan whose cluster has changed since, with what changed',
    async () => {
      const stale = await operated.operator.planUntilPossible('payments', { kind: 'switchover', target: B });
      await operated.switchover('payments', B);
      await expect(operated.operator.request('payments', stale)).rejects.toThrow(CommandRefused);
      await operated.switchover('payments', A);
    },
    lastResort(180_000),
  );

  test(
    'a second click begins nothing new, and a second operator is told of the first',
    async () => {
      const planned = await operated.operator.planUntilPossible('payments', { kind: 'switchover', target: B });
      const key = `click-${Date.now()}`;
      const [first, again] = await Promise.all([
        operated.operator.request('payments', planned, key),
        operated.operator.request('payments', planned, key),
      ]);
      expect(again).toBe(first);
      await expect(operated.operator.request('payments', planned, `other-${Date.now()}`)).rejects.toThrow(/under way|void/);
      expect((await operated.operator.wait(first)).state).toBe('done');
      await operated.allStreaming('payments');
      await operated.switchover('payments', A);
    },
    lastResort(180_000),
  );
});

describe('failover and reversion', () => {
  test(
    'primary killed: the next one leads, the old one is fenced when it returns, and comes back by rewind with a loss ledger',
    async () => {
      // The host loses power: its agent leaves nothing behind, and knows of no other leader when it comes back.
      await failOver(B, () => watch.lab.kill(A, 'node'), 'command');
      const returned = await operated.returnOldPrimary(A);
      console.log(`    old primary: ${JSON.stringify(returned)}`);
      await watch.waitFor('payments', `${A} shown as fenced`, 10 * SECOND_MS, (view) => nodeOf(view, A).state === 'fenced');
      operated.onePrimary(await operated.primaries('payments'), B);
      await revert(A, 'rewind');
      await operated.switchover('payments', A);
    },
    lastResort(5 * MINUTE_MS),
  );

  test(
    'primary frozen: failover, reversion by re-clone',
    async () => {
      await failOver(B, () => watch.lab.freeze(A), 'agent');
      await revert(A, 're-clone');
      await operated.switchover('payments', A);
    },
    lastResort(5 * MINUTE_MS),
  );

  test(
    'primary cut off from everybody: the fence command powers it off; when it comes back it is fenced',
    async () => {
      const cutOff = async (): Promise<void> => {
        for (const peer of [B, 'gcp-use4-a', 'rax-dfw-a', 'payments-endpoint', 'controller']) await watch.lab.cut(A, peer);
        // No packet says so, and their receivers wait: a person who looks then must be offered all of them.
        await watch.waitFor('payments', 'a standby of which nobody knows whether it streams', 30 * SECOND_MS, (view) =>
          view.nodes.some(({ name, state }) => name !== A && state === 'unknown'),
        );
      };
      await failOver(B, cutOff, 'command');
      expect((await operated.node(A)).postgres).not.toBe('running');
      await watch.lab.heal();
      await operated.returnOldPrimary(A);
      await revert(A, 'rewind');
      await operated.switchover('payments', A);
    },
    lastResort(5 * MINUTE_MS),
  );

  test(
    'rows that were lost are listed one by one',
    async () => {
      await prober.stop();
      prober = await watch.lab.startProber('payments');
      const before = await prober.report();
      const unseen = async (): Promise<void> => {
        for (const peer of [B, 'gcp-use4-a', 'rax-dfw-a']) await watch.lab.cut(A, peer);
        await waitFor('rows that no standby has', 20 * SECOND_MS, async () => (await prober.report()).count > before.count + 50);
        await watch.lab.kill(A, 'postgres');
      };
      await failOver(B, unseen, 'command');
      const report = await prober.report();
      const lost = await watch.lab.lostRows(B, report);
      expect(lost.count).toBeGreaterThan(0);
      await watch.lab.heal();
      const reversion = await revert(A, 'rewind');
      expect(reversion.measured?.lostRows).toBeGreaterThanOrEqual(lost.count);
      const { rows } = await watch.pool.query<{ body: string }>(
        `SELECT body FROM operation_artifact WHERE operation_id = $1 AND name LIKE 'loss-ledger-%.json'`,
        [reversion.id],
      );
      const listed = (JSON.parse(rows[0]?.body ?? '{}') as { rows?: { relation: string; row: string | null }[] }).rows ?? [];
      const numbers = listed.flatMap(({ relation, row }) => {
        const value = relation === 'public.prober_row' ? (JSON.parse(row ?? '{}') as { run?: string; number?: number }) : {};
        return value.run === report.run && value.number !== undefined ? [value.number] : [];
      });
      // The row that was under way when the server died may be on its disk without having been acknowledged.
      expect(numbers.length).toBeGreaterThanOrEqual(lost.count);
      expect(numbers).toEqual(expect.arrayContaining(lost.first));
      await operated.switchover('payments', A);
    },
    lastResort(5 * MINUTE_MS),
  );

  test(
    'cancelled once the standbys have promised: they follow the dead primary as before, without waiting for it, and the next failover is done',
    async () => {
      const standbys = [B, 'gcp-use4-a', 'rax-dfw-a'];
      // As a set: an agent that rewrites the connection may order its parts again.
      const upstream = async (node: string): Promise<string[]> => {
        const [row] = await operated.query<{ primary_conninfo: string }>(node, 'SHOW primary_conninfo');
        return (row?.primary_conninfo ?? '').split(' ').toSorted();
      };
      const upstreams = () => Promise.all(standbys.map(upstream));
      const before = await upstreams();
      const { controller, controllerEnvironment } = watch.farshore;
      await operated.restartController('choose-candidate:before');
      await watch.lab.kill(A, 'postgres');
      try {
        await watch.waitFor('payments', `${A} seen down by the new controller, and everybody else seen`, 30 * SECOND_MS, (view) =>
          view.nodes.every(({ name, state }) => (name === A ? state === 'stopped' : state !== 'unknown')),
        );
        const id = await operated.operator.requestUntilTaken('payments', { kind: 'failover', target: B, fence: 'agent' }, leavesNobodyOut);
        await waitFor('the controller to die with all promises given', 30 * SECOND_MS, () => controller.crashes() > 0).catch(
          async (error: Error) => {
            throw new Error(`${error.message} ${journalOf(await operated.operator.result(id))}`);
          },
        );
        await controller.stop();
        expect(await upstreams(), 'a standby that has promised receives from nobody').not.toContainEqual(before[0]);
        await operated.operator.cancel(id);
        delete controllerEnvironment['FARSHORE_KILL_AT'];
        controller.start();
        const ended = await operated.operator.wait(id);
        expect(ended.state, journalOf(ended)).toBe('cancelled');
      } finally {
        await operated.restartController(null);
      }
      expect(await upstreams()).toEqual(before);
      expect(await operated.primaries('payments')).toEqual([]);
      await failOver(B, () => Promise.resolve(), 'agent');
      await revert(A, 'rewind');
      await operated.switchover('payments', A);
    },
    lastResort(5 * MINUTE_MS),
  );

  test(
    'the primary’s host loses power while a switchover waits for its shutdown: a failover takes that over',
    async () => {
      const before = await operated.leadership('payments');
      await operated.restartController('stop-primary:sent');
      let switchover = '';
      try {
        switchover = await operated.operator.requestUntilTaken('payments', { kind: 'switchover', target: B }, () => true);
        await waitFor(
          'the controller to die with the order to shut down committed',
          MINUTE_MS,
          () => watch.farshore.controller.crashes() > 0,
        );
        await watch.farshore.controller.stop();
        await watch.lab.kill(A, 'node');
      } finally {
        await operated.restartController(null);
      }
      const taken = (planned: PlannedOperation) =>
        planned.outlook.takenOver.some(({ id }) => id === switchover) && planned.outlook.risks.length === 2;
      const id = await operated.operator.requestUntilTaken('payments', { kind: 'failover', target: B, fence: 'command' }, taken);
      const failover = await operated.operator.wait(id);
      expect(failover.state, journalOf(failover)).toBe('done');
      const ended = await operated.operator.result(switchover);
      expect(ended.state, journalOf(ended)).toBe('failed');
      expect(ended.events.at(-1)?.event).toMatchObject({ kind: 'ended', takenOverBy: id });
      expect(await operated.leadership('payments')).toMatchObject({ term: before.term + 1, holder: B });
      operated.onePrimary(await operated.primaries('payments'), B);
      await operated.allStreaming('payments', [A]);
      await operated.returnOldPrimary(A);
      await revert(A, 'rewind');
      await operated.switchover('payments', A);
    },
    lastResort(5 * MINUTE_MS),
  );

  async function failOver(target: string, fault: () => Promise<unknown>, fence: 'agent' | 'command'): Promise<void> {
    const before = await operated.leadership('payments');
    await prober.mark();
    await fault();
    const planned = await waitFor('a plan that leaves nobody out', 30 * SECOND_MS, async () => {
      const now = await operated.operator.planUntilPossible('payments', { kind: 'failover', target, fence });
      return leavesNobodyOut(now) ? now : null;
    });
    const all = (await operated.nodes('payments')).map(({ name }) => name);
    const takePart = planned.plan.before.nodes.filter(({ role }) => role === 'standby').map(({ name }) => name);
    expect(takePart).toEqual(all.filter((name) => name !== A));
    const result = await operated.operator.runPlanned('payments', planned);
    expect(await operated.leadership('payments')).toMatchObject({ term: before.term + 1, holder: target });
    expect(await operated.primaries('payments')).toContain(target);
    await waitFor('clients to write again', 20 * SECOND_MS, async () => (await prober.report()).gapEndedAtMs !== null);
    await operated.allStreaming('payments', [A]).catch((error: Error) => {
      throw new Error(`${error.message} ${journalOf(result)}`);
    });
    const report = await prober.report();
    const click = report.gapEndedAtMs === null ? null : report.gapEndedAtMs - result.requestedAtMs;
    const lost = await watch.lab.lostRows(target, report);
    console.log(`    failover: first write ${click?.toFixed(0)} ms after the click, ${lost.count} rows lost`);
  }

  async function revert(target: string, method: 'rewind' | 're-clone'): Promise<OperationResult> {
    const result = await operated.operator.run('payments', { kind: 'reversion', target, method, switchBack: false });
    await operated.allStreaming('payments');
    await operated.rowSetsEqual('payments', B);
    const kept = result.events.find(({ event }) => event.kind === 'step-done' && event.step.startsWith('keep-diverged'));
    expect(kept, 'the loss ledger is kept before anything is overwritten').toBeDefined();
    console.log(`    reversion by ${method}: lost ${result.measured?.lostRows ?? '–'} rows, ${result.measured?.lostBytes ?? '–'} bytes`);
    return result;
  }
});

/** A node that is not seen at the moment is left out, with a warning: a person would wait, as the warning says. */
const leavesNobodyOut = ({ outlook }: PlannedOperation): boolean => outlook.acknowledge.length === 1;

describe('standbys, slots and servers', () => {
  test(
    'an empty host becomes a standby',
    async () => {
      await watch.lab.wipe('rax-dfw-a');
      await operated.operator.run('payments', { kind: 'add-standby', target: 'rax-dfw-a', upstream: A, bytesPerSecondMax: null });
      await operated.allStreaming('payments');
      await operated.rowSetsEqual('payments', A);
    },
    lastResort(4 * MINUTE_MS),
  );

  test(
    'a standby gets another upstream, and its old one back',
    async () => {
      const upstream = nodeOf(await watch.view('payments'), 'gcp-use4-a').upstream;
      const next = upstream === A ? B : A;
      for (const node of [next, upstream ?? B]) {
        await operated.operator.run('payments', { kind: 're-parent', target: 'gcp-use4-a', upstream: node });
        await waitFor(
          `gcp-use4-a to stream from ${node}`,
          20 * SECOND_MS,
          async () => (await operated.node('gcp-use4-a')).upstream === node,
        );
        await operated.allStreaming('payments');
      }
    },
    lastResort(3 * MINUTE_MS),
  );

  test(
    'a slot that nobody uses is dropped, one that is in use is not',
    async () => {
      await operated.query(A, `SELECT pg_create_physical_replication_slot('left_over', true)`);
      await operated.operator.run('payments', { kind: 'drop-slot', target: A, slot: 'left_over' });
      expect(await operated.query(A, `SELECT 1 FROM pg_replication_slots WHERE slot_name = 'left_over'`)).toEqual([]);
      await expect(
        operated.operator.planUntilPossible('payments', { kind: 'drop-slot', target: A, slot: 'rax_dfw_a' }, 3 * SECOND_MS),
      ).rejects.toThrow();
    },
    lastResort(2 * MINUTE_MS),
  );

  test(
    'a standby is restarted',
    async () => {
      const before = (await operated.node('rax-dfw-a')).pid;
      await operated.operator.run('payments', { kind: 'restart', target: 'rax-dfw-a' });
      await operated.allStreaming('payments');
      expect((await operated.node('rax-dfw-a')).pid).not.toBe(before);
    },
    lastResort(2 * MINUTE_MS),
  );
});
