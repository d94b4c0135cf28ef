/**
 * The floor: what PostgreSQL itself needs for a change of primary, by a minimal script that a careful person would write by hand, on the
 * same lab and seen by the same prober. No agents, no record, no checks: it is only safe because nobody else acts here.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { POOLER_PORT, endpointIndex, linkAddress } from '../lab/addresses.ts';
import { poolerDirectory } from '../lab/directory.ts';
import { selectClusters, slotName } from '../lab/fleet.ts';
import type { ClusterSpec, NodeSpec } from '../lab/fleet.ts';
import type { Lab } from '../lab/lab.ts';
import { nodePaths } from '../lab/node-paths.ts';
import type { NodePaths } from '../lab/node-paths.ts';
import { serverUser } from '../lab/os-user.ts';
import { poolerConfigFile } from '../lab/pgbouncer.ts';
import { quoteSetting } from '../lab/postgres-config.ts';
import { cleanEnvironment } from '../lab/processes.ts';
import { identify, isAlive } from '../lab/process-table.ts';
import type { ProcessIdentity } from '../lab/process-table.ts';
import { primaryConninfo } from '../lab/standby.ts';
import { waitFor } from '../lab/waiting.ts';

const STEP_DEADLINE_MS = 20_000;
const FAST_POLL_MS = 1;
/** A promote that arrives while the receiver ends can sleep for seconds; asked again it wakes up. */
const NUDGE_EVERY_MS = 20;
/** About as many as a round of Farshore's uses up. */
const SEGMENTS_ON = 2;

export class Floor {
  readonly #lab: Lab;
  readonly #cluster: ClusterSpec;
  readonly #console: PsqlSession | null;

  /** @param mode `pooler`: pgbouncer is paused and pointed elsewhere. `direct`: clients find the primary themselves. */
  constructor(lab: Lab, slug: string, mode: 'pooler' | 'direct') {
    const [cluster] = selectClusters([slug]);
    if (cluster === undefined) throw new Error(`There is no cluster ${slug}.`);
    this.#lab = lab;
    this.#cluster = cluster;
    this.#console = mode === 'pooler' ? new PsqlSession(poolerDirectory(lab.dir, slug), 'pgbouncer') : null;
  }

  /** Points the pooler at the node that is the primary now. */
  async begin(primary: string): Promise<void> {
    await this.#pointPoolerTo(primary, false);
  }

  close(): void {
    this.#console?.close();
  }

  /** @returns milliseconds until the old primary streamed again, after clients continued, and those of each phase of the outage. */
  async switchover(from: string, to: string): Promise<{ rejoinMs: number; phases: Record<string, number> }> {
    const [old, target] = await Promise.all([this.#lab.connect(from), this.#lab.connect(to)]);
    try {
      await this.#prepareTarget(from, target);
      await old.query('CHECKPOINT');
      // A careful person does what Farshore does: a standby that asks the archive while clients wait keeps them waiting.
      await setRestoreCommand(target, 'hold');
      const phases: Record<string, number> = {};
      let lastMs = performance.now();
      const phase = (name: string): void => {
        phases[name] = performance.now() - lastMs;
        lastMs = performance.now();
      };
      await this.#console?.run('PAUSE app;');
      phase('pause');
      const postmaster = this.#postmasterOf(from);
      const checkpointLsn = await this.#shutDown(from, postmaster);
      phase('shutDown');
      await receivedPast(target, checkpointLsn);
      phase('receive');
      await promote(target);
      phase('promote');
      await this.#pointPoolerTo(to, true);
      phase('switch');
      await setRestoreCommand(target, 'put back');
      await gone(from, postmaster);
      const startedMs = performance.now();
      this.#makeStandby(from, to);
      await this.#lab.start(from);
      await streaming(target, from);
      return { rejoinMs: performance.now() - startedMs, phases };
    } finally {
      await Promise.allSettled([old.end(), target.end()]);
    }
  }

  /** Kills the primary's processes, then promotes. @returns when it was decided, in milliseconds since 1970. */
  async failover(from: string, to: string): Promise<{ decidedAtMs: number }> {
    const target = await this.#lab.connect(to);
    try {
      await this.#prepareTarget(from, target);
      await this.#lab.kill(from, 'postgres');
      const decidedAtMs = performance.timeOrigin + performance.now();
      await promote(target);
      await this.#pointPoolerTo(to, false);
      return { decidedAtMs };
    } finally {
      await target.end().catch(() => undefined);
    }
  }

  /** pg_rewind, and the old primary streams again. @returns milliseconds from the first command to streaming. */
  async rewind(node: string, primary: string, postgresBin: string): Promise<{ tookMs: number }> {
    const paths = nodePaths(this.#lab.dir, node);
    const client = await this.#lab.connect(primary);
    const startedMs = performance.now();
    try {
      // pg_rewind reads the source's control file, which names the new timeline only after a checkpoint.
      await client.query('CHECKPOINT');
      const source = this.#conninfo(node, primary).replace('user=farshore_replication', 'user=farshore_rewind');
      await runAsServer(join(postgresBin, 'pg_rewind'), [
        `--target-pgdata=${paths.data}`,
        `--source-server=${source} dbname=postgres`,
        '--no-ensure-shutdown',
      ]).catch(async () => {
        // It was killed: single-user recovery first, as pg_rewind itself would do it.
        await runAsServer(join(postgresBin, 'pg_rewind'), [`--target-pgdata=${paths.data}`, `--source-server=${source} dbname=postgres`]);
      });
      this.#makeStandby(node, primary);
      await this.#lab.start(node);
      await streaming(client, node);
      return { tookMs: performance.now() - startedMs };
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /**
   * Moves on by some segments on both. Every change of primary leaves the segment in which it came on the old line and on the new one, a
   * rewind carries all of them over, and while the position hardly moves none is old enough to be removed: the small WAL volume fills up.
   */
  async leaveOldLinesBehind(primary: string, standby: string): Promise<void> {
    for (const node of [primary, standby]) {
      const client = await this.#lab.connect(node);
      try {
        for (let each = 0; node === primary && each < SEGMENTS_ON; each += 1)
          await client.query(`SELECT pg_logical_emit_message(false, 'farshore-bench', 'x'), pg_switch_wal()`);
        await client.query('CHECKPOINT');
      } finally {
        await client.end();
      }
    }
  }

  async #prepareTarget(from: string, target: Client): Promise<void> {
    const slot = slotName(from);
    await target.query(
      'SELECT pg_create_physical_replication_slot($1, true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1::name)',
      [slot],
    );
    await target.query('CHECKPOINT');
  }

  /** Fast shutdown, until the shutdown checkpoint stands in pg_control: no more WAL follows. @returns the position of that checkpoint. */
  async #shutDown(node: string, postmaster: ProcessIdentity): Promise<bigint> {
    const { data } = nodePaths(this.#lab.dir, node);
    process.kill(postmaster.pid, 'SIGINT');
    return waitFor(`${node} to shut down`, STEP_DEADLINE_MS, () => shutdownCheckpoint(data), FAST_POLL_MS);
  }

  #postmasterOf(node: string): ProcessIdentity {
    const { data } = nodePaths(this.#lab.dir, node);
    const identity = identify(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]));
    if (identity === null) throw new Error(`PostgreSQL of ${node} does not run.`);
    return identity;
  }

  async #pointPoolerTo(node: string, resume: boolean): Promise<void> {
    if (this.#console === null) return;
    const file = poolerConfigFile(poolerDirectory(this.#lab.dir, this.#cluster.slug));
    const host = linkAddress(this.#lab.addressRange, endpointIndex(this.#cluster.index), this.#spec(node).index);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^app = host=\S+/m, `app = host=${host}`));
    await this.#console.run(resume ? 'RELOAD; RESUME app;' : 'RELOAD;');
  }

  #spec(node: string): NodeSpec {
    const spec = this.#cluster.nodes.find(({ name }) => name === node);
    if (spec === undefined) throw new Error(`${node} is no node of ${this.#cluster.slug}.`);
    return spec;
  }

  #conninfo(standby: string, upstream: string): string {
    const paths: NodePaths = nodePaths(this.#lab.dir, standby);
    const host = linkAddress(this.#lab.addressRange, this.#spec(standby).index, this.#spec(upstream).index);
    return primaryConninfo(standby, paths, upstream, host);
  }

  #makeStandby(standby: string, upstream: string): void {
    const { data } = nodePaths(this.#lab.dir, standby);
    const owner = statSync(data);
    const auto = join(data, 'postgresql.auto.conf');
    appendFileSync(
      auto,
      `primary_conninfo = ${quoteSetting(this.#conninfo(standby, upstream))}\nprimary_slot_name = '${slotName(standby)}'\n`,
    );
    const signalFile = join(data, 'standby.signal');
    writeFileSync(signalFile, '', { mode: 0o600 });
    chownSync(signalFile, owner.uid, owner.gid);
  }
}

/** Of ControlFileData: `state` is at byte 16 (1 = shut down), the latest checkpoint's position at byte 32. */
function shutdownCheckpoint(data: string): bigint | null {
  const control = readFileSync(join(data, 'global', 'pg_control'));
  return control.readUInt32LE(16) === 1 ? control.readBigUInt64LE(32) : null;
}

/**
 * The postmaster archives and sends after its last checkpoint. The process itself has to be gone: its file goes a moment before, and the
 * lab starts no server whose process lives.
 */
async function gone(node: string, postmaster: ProcessIdentity): Promise<void> {
  await waitFor(`${node} to end`, STEP_DEADLINE_MS, () => !isAlive(postmaster), FAST_POLL_MS);
}

async function receivedPast(target: Client, position: bigint): Promise<void> {
  const lsn = `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`;
  const sql = 'SELECT 1 WHERE greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) > $1::pg_lsn';
  await waitFor(
    `the standby to receive past ${lsn}`,
    STEP_DEADLINE_MS,
    async () => (await target.query(sql, [lsn])).rowCount === 1,
    FAST_POLL_MS,
  );
}

async function setRestoreCommand(target: Client, what: 'hold' | 'put back'): Promise<void> {
  await target.query(what === 'hold' ? `ALTER SYSTEM SET restore_command = ''` : 'ALTER SYSTEM RESET restore_command');
  await target.query('SELECT pg_reload_conf()');
}

async function promote(target: Client): Promise<void> {
  let askedMs = Number.NEGATIVE_INFINITY;
  await waitFor(
    'the standby to be promoted',
    STEP_DEADLINE_MS,
    async () => {
      if (performance.now() - askedMs >= NUDGE_EVERY_MS) {
        askedMs = performance.now();
        // Asked again it may find itself promoted already, which is an error to PostgreSQL and not to us.
        await target.query('SELECT pg_promote(false)').catch(() => undefined);
      }
      const { rows } = await target.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      return rows[0]?.standby === false;
    },
    FAST_POLL_MS,
  );
}

async function streaming(upstream: Client, standby: string): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'`;
  await waitFor(`${standby} to stream`, STEP_DEADLINE_MS, async () => (await upstream.query(sql, [standby])).rowCount === 1, 5);
}

function runAsServer(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...serverUser().ids, cwd: '/', env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${program}: ${output.slice(-600)}`))));
  });
}

/** A console that stays open: a new `psql` for each command would cost more than the commands. */
class PsqlSession {
  readonly #child: ChildProcess;
  #output = '';
  #marks = 0;

  constructor(socketDirectory: string, database: string) {
    this.#child = spawn(
      'psql',
      ['-X', '-q', '-A', '-t', '-h', socketDirectory, '-p', String(POOLER_PORT), '-U', serverUser().name, database],
      { ...serverUser().ids, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  async run(commands: string): Promise<void> {
    const mark = `done-${(this.#marks += 1)}`;
    this.#output = '';
    this.#child.stdin?.write(`${commands}\n\\echo ${mark}\n`);
    await waitFor(`pgbouncer to do: ${commands}`, STEP_DEADLINE_MS, () => this.#output.includes(mark), FAST_POLL_MS);
    if (this.#output.includes('ERROR')) throw new Error(`pgbouncer refused ${commands}: ${this.#output}`);
  }

  close(): void {
    this.#child.stdin?.end();
  }
}
