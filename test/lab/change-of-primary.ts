/** Queries for tests of operations on the lab: who is what now, and whether everything is as an operation promised. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Operator } from '../../lab/operator.ts';
import type { OperationResult } from '../../lab/operator.ts';
import type { ProberProcess } from '../../lab/prober-process.ts';
import { ACCOUNTS, ACCOUNT_OPENING_BALANCE } from '../../lab/roles.ts';
import type { NodeStatus } from '../../lab/status.ts';
import { waitFor } from '../../lab/waiting.ts';
import type { ProberReport } from '../../lab/prober.ts';
import { holds } from '../invariant.ts';
import { ENDED_STATES } from '../../lib/domain/operation/model.ts';
import type { Watch } from './watched-lab.ts';

const STREAMING_MS = 40_000;
/** Between two attempts to write to an old primary, and how long after its start they continue. */
const WRITE_AGAIN_MS = 3;
const WATCH_AFTER_START_MS = 5_000;

export interface Leadership {
  term: number;
  holder: string | null;
  timeline: number | null;
}

export class OperatedLab {
  readonly watch: Watch;
  readonly operator: Operator;

  constructor(watch: Watch) {
    this.watch = watch;
    this.operator = new Operator(watch);
  }

  async node(name: string): Promise<NodeStatus> {
    const found = (await this.watch.lab.status()).nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`The lab has no node ${name}.`);
    return found;
  }

  async nodes(cluster: string): Promise<NodeStatus[]> {
    return (await this.watch.lab.status()).nodes.filter((node) => node.cluster === cluster);
  }

  /** Names of those that are out of recovery now. */
  async primaries(cluster: string): Promise<string[]> {
    return (await this.nodes(cluster)).filter((node) => node.role === 'primary').map((node) => node.name);
  }

  /** The one that is out of recovery. */
  async primaryOf(cluster: string): Promise<string> {
    const primaries = await this.primaries(cluster);
    const [primary] = primaries;
    holds('one primary at a time', () => expect(primaries.length, primaries.join(', ')).toBeLessThan(2));
    if (primary === undefined) throw new Error(`${cluster} has no primary.`);
    return primary;
  }

  /** Two out of recovery could both be written to; that it is another one than `target` is no danger, and a test's own affair. */
  onePrimary(primaries: readonly string[], target: string): void {
    holds('one primary at a time', () => expect(primaries.length, primaries.join(', ')).toBeLessThan(2));
    expect(primaries).toEqual([target]);
  }

  /** Every commit acknowledged to the client is on the node. */
  async nothingLost(node: string, report: ProberReport): Promise<void> {
    const lost = await this.watch.lab.lostRows(node, report);
    holds('no acknowledged row is lost', () => expect(lost, `rows that ${node} lacks`).toEqual({ count: 0, first: [] }));
  }

  async leadership(cluster: string): Promise<Leadership> {
    const { rows } = await this.watch.pool.query<Leadership>(
      'SELECT term, holder, timeline FROM leadership JOIN cluster ON cluster.id = cluster_id WHERE slug = $1',
      [cluster],
    );
    if (rows[0] === undefined) throw new Error(`Nobody has led ${cluster} yet.`);
    return rows[0];
  }

  /** As the page shows it: one writable node, everybody else streaming. */
  async allStreaming(cluster: string, butFor: readonly string[] = []): Promise<void> {
    await this.watch.waitFor(cluster, 'one writable node, and everybody else streaming', STREAMING_MS, (view) => {
      const seen = view.nodes.filter((node) => !butFor.includes(node.name));
      return (
        seen.filter((node) => node.state === 'writable').length === 1 &&
        seen.every((node) => ['writable', 'streaming'].includes(node.state))
      );
    });
  }

  async query<Row extends object>(node: string, sql: string, values: unknown[] = [], database = 'postgres'): Promise<Row[]> {
    const client = await this.watch.lab.connect(node, { database });
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** The application's money is all there on the node. */
  async sumsAreRight(node: string): Promise<void> {
    const [sums] = await this.query<{ total: string }>(node, 'SELECT sum(balance) AS total FROM accounts', [], 'app');
    holds('no money appears or vanishes', () =>
      expect(Number(sums?.total), `sum of the accounts on ${node}`).toBe(ACCOUNTS * ACCOUNT_OPENING_BALANCE),
    );
  }

  /** Every standby has, in the end, exactly the rows of the primary. */
  async rowSetsEqual(cluster: string, primary: string): Promise<void> {
    const sql = `SELECT count(*) AS count, md5(string_agg(id || ':' || from_account || ':' || to_account || ':' || amount, ',' ORDER BY id)) AS digest FROM transfers`;
    await this.watch.lab.idle(cluster);
    const standbys = (await this.nodes(cluster)).filter((node) => node.name !== primary);
    await waitFor(`the standbys of ${cluster} to hold what ${primary} holds`, STREAMING_MS, async () => {
      const [wanted] = await this.query<{ count: string; digest: string }>(primary, sql, [], 'app');
      for (const { name } of standbys) {
        const [row] = await this.query<{ count: string; digest: string }>(name, sql, [], 'app');
        if (row?.digest !== wanted?.digest) return false;
      }
      return true;
    });
    await this.watch.lab.load(cluster, 20);
  }

  /**
   * Whatever a test before left behind: nothing is under way, everybody runs and streams, and `primary` is the primary.
   * The test that left it has failed already; the next ones must not fail of it.
   */
  async makeHome(cluster: string, primary: string): Promise<void> {
    await this.watch.lab.heal();
    await this.#endOperations(cluster);
    for (const node of await this.nodes(cluster)) {
      if (node.postgres !== 'running') await this.#rejoin(cluster, node.name);
    }
    await this.allStreaming(cluster).catch(async (error: Error) => {
      console.log(`    left behind by an earlier test: ${error.message}`);
      for (const { name, state } of (await this.watch.view(cluster)).nodes) {
        if (state !== 'writable' && state !== 'streaming') await this.#rejoin(cluster, name);
      }
      await this.allStreaming(cluster);
    });
    if ((await this.primaries(cluster))[0] !== primary) await this.switchover(cluster, primary);
  }

  async #rejoin(cluster: string, target: string): Promise<void> {
    await this.operator.run(cluster, { kind: 'reversion', target, method: 'rewind', switchBack: false });
  }

  async #endOperations(cluster: string): Promise<void> {
    const { rows } = await this.watch.pool.query<{ id: string }>(
      `SELECT operation.id FROM operation JOIN cluster ON cluster.id = cluster_id WHERE slug = $1 AND NOT (state = ANY($2))`,
      [cluster, ENDED_STATES],
    );
    for (const { id } of rows) {
      // One that is past the point where it can be cancelled ends without help.
      await this.operator.cancel(id).catch(() => undefined);
      await this.operator.wait(id);
    }
  }

  /** `killAt`: where the new one dies (FARSHORE_KILL_AT); `null` = nowhere. */
  async restartController(killAt: string | null): Promise<void> {
    const { controller, controllerEnvironment } = this.watch.farshore;
    if (killAt === null) delete controllerEnvironment['FARSHORE_KILL_AT'];
    else controllerEnvironment['FARSHORE_KILL_AT'] = killAt;
    await controller.stop();
    controller.start();
  }

  /** Switches over, and sees that everything is as promised: one more term and timeline, nobody lost, everybody follows. */
  async switchover(cluster: string, target: string, prober: ProberProcess | null = null): Promise<OperationResult> {
    const before = await this.leadership(cluster);
    await prober?.mark();
    const result = await this.operator.run(cluster, { kind: 'switchover', target });
    const after = await this.leadership(cluster);
    expect(after).toMatchObject({ term: before.term + 1, holder: target });
    expect(after.timeline, 'timeline').toBe((before.timeline ?? Number.NaN) + 1);
    this.onePrimary(await this.primaries(cluster), target);
    await this.allStreaming(cluster);
    expect(result.measured?.rewinds ?? 0).toBe(0);
    if (prober !== null) {
      const report = await prober.report();
      expect(report.errors, `what clients of ${cluster} saw: ${report.errors.messages.join('; ')}`).toMatchObject({
        statements: 0,
        connects: 0,
      });
      await this.nothingLost(target, report);
      console.log(
        `    switchover to ${target}: largest gap ${report.largestGapMs.toFixed(0)} ms, said ${result.measured?.writeOutageMs ?? '–'} ms`,
      );
    }
    return result;
  }

  /**
   * Powers on a node whose cluster has another primary by now, and tries to write to it again and again, on new connections straight to
   * it, until well after its agent is up.
   */
  async returnOldPrimary(
    name: string,
  ): Promise<{ attempts: number; connected: number; writable: number; writesTaken: number; said: string }> {
    const seen = { attempts: 0, connected: 0, writable: 0, writesTaken: 0 };
    let endMs = Number.POSITIVE_INFINITY;
    const writing = (async () => {
      while (performance.now() < endMs) {
        seen.attempts += 1;
        await this.#tryToWrite(name, seen).catch(() => undefined);
        await sleep(WRITE_AGAIN_MS);
      }
    })();
    const told = await this.watch.lab.start(name).finally(() => (endMs = performance.now() + WATCH_AFTER_START_MS));
    await writing;
    holds('an old primary that returns takes no write', () => expect(seen).toMatchObject({ writable: 0, writesTaken: 0 }));
    return { ...seen, said: told.did };
  }

  async #tryToWrite(name: string, seen: { connected: number; writable: number; writesTaken: number }): Promise<void> {
    const client = await this.watch.lab.connect(name);
    try {
      seen.connected += 1;
      const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      if (rows[0]?.standby === false) seen.writable += 1;
      await client.query(`SELECT pg_logical_emit_message(true, 'farshore-test', 'x')`);
      seen.writesTaken += 1;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
