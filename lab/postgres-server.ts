/** One real PostgreSQL server of the lab: started, stopped, killed and frozen as a process, like on a host of its own. */
import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Client } from 'pg';
import { patient } from '../setup/patience.ts';
import { POSTGRES_PORT } from './addresses.ts';
import type { Binaries } from './binaries.ts';
import type { NodePaths } from './node-paths.ts';
import type { OsUser } from './os-user.ts';
import { identify, isAlive, isFrozen, signal } from './process-table.ts';
import type { ProcessIdentity } from './process-table.ts';
import { freezeTree, killTree, logTail, thawTree } from './processes.ts';
import type { OwnedProcess, ProcessKeeper } from './processes.ts';
import { SUPERUSER } from './roles.ts';
import { freeSharedMemory } from './shared-memory.ts';
import { waitFor } from './waiting.ts';

const START_DEADLINE_MS = 60_000;
const FAST_STOP_DEADLINE_MS = 8_000;
const IMMEDIATE_STOP_DEADLINE_MS = 4_000;
const CONNECT_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

export type ServerProcessState = 'running' | 'frozen' | 'stopped' | 'killed' | 'crashed';

export class PostgresServer {
  readonly name: string;
  readonly paths: NodePaths;
  readonly #binaries: Binaries;
  readonly #user: OsUser;
  readonly #keeper: ProcessKeeper;
  #process: OwnedProcess | null = null;
  #endedBy: 'stopped' | 'killed' | null = 'stopped';

  constructor(name: string, paths: NodePaths, binaries: Binaries, user: OsUser, keeper: ProcessKeeper) {
    this.name = name;
    this.paths = paths;
    this.#binaries = binaries;
    this.#user = user;
    this.#keeper = keeper;
  }

  get logFile(): string {
    return join(this.paths.log, 'postgresql.log');
  }

  hasData(): boolean {
    return existsSync(join(this.paths.data, 'PG_VERSION'));
  }

  get pid(): number | null {
    return this.#live()?.pid ?? null;
  }

  state(): ServerProcessState {
    const live = this.#live();
    if (live !== null) return isFrozen(live.pid) ? 'frozen' : 'running';
    return this.#endedBy ?? 'crashed';
  }

  /** The postmaster: the one the lab started, or one that somebody else (an agent, `pg_ctl`) started in this data directory. */
  #live(): ProcessIdentity | null {
    if (this.#process !== null && isAlive(this.#process.identity)) return this.#process.identity;
    try {
      const pid = Number(readFileSync(join(this.paths.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
      return readlinkSync(`/proc/${pid}/cwd`) === this.paths.data ? identify(pid) : null;
    } catch {
      return null;
    }
  }

  /** Starts the postmaster and waits until it takes connections. @throws with the end of its log when it does not. */
  async start(): Promise<void> {
    if (this.#live() !== null) return;
    // Its postmaster is known to be gone: its pid, used again by somebody else or never reaped, must not keep it from starting.
    freeSharedMemory(this.paths.data);
    const socket = join(this.paths.socket, `.s.PGSQL.${POSTGRES_PORT}`);
    for (const file of [join(this.paths.data, 'postmaster.pid'), `${socket}.lock`, socket]) rmSync(file, { force: true });
    const started = this.#keeper.start(`postgres ${this.name}`, join(this.#binaries.postgresBin, 'postgres'), ['-D', this.paths.data], {
      user: this.#user,
      workingDirectory: this.paths.home,
      logFile: this.logFile,
    });
    this.#process = started;
    this.#endedBy = null;
    void started.ended.then(({ code }) => {
      if (code === 0 && this.#process === started) this.#endedBy ??= 'stopped';
    });
    await waitFor(
      `PostgreSQL of ${this.name} to take connections (log: ${this.logFile})`,
      START_DEADLINE_MS,
      async () => {
        if (!isAlive(started.identity)) throw new Error(`PostgreSQL of ${this.name} did not start: ${logTail(this.logFile)}`);
        return existsSync(socket) && (await this.#answers());
      },
      POLL_MS,
    );
  }

  async #answers(): Promise<boolean> {
    try {
      const client = await this.connect();
      await client.end();
      return true;
    } catch {
      return false;
    }
  }

  /** A superuser's (or, given `user`, another role's) connection over the unix socket. The caller ends it. */
  async connect(options: { user?: string; database?: string } = {}): Promise<Client> {
    const client = new pg.Client({
      host: this.paths.socket,
      port: POSTGRES_PORT,
      user: options.user ?? SUPERUSER,
      database: options.database ?? 'postgres',
      connectionTimeoutMillis: patient(CONNECT_TIMEOUT_MS),
    });
    // A server killed under the connection is reported by the query that was running, or not at all.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Runs one piece of work on a connection of its own. */
  async withConnection<T>(work: (client: Client) => Promise<T>, options: { user?: string; database?: string } = {}): Promise<T> {
    const client = await this.connect(options);
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Fast shutdown; immediate, then by force, when it takes too long. */
  async stop(): Promise<void> {
    const live = this.#live();
    if (live === null) {
      this.#endedBy ??= 'stopped';
      return;
    }
    this.#endedBy = 'stopped';
    thawTree(live);
    signal(live, 'SIGINT');
    if (await this.#goneWithin(live, FAST_STOP_DEADLINE_MS)) return;
    signal(live, 'SIGQUIT');
    if (await this.#goneWithin(live, IMMEDIATE_STOP_DEADLINE_MS)) return;
    await this.kill();
  }

  async #goneWithin(live: ProcessIdentity, deadlineMs: number): Promise<boolean> {
    return waitFor('it to end', deadlineMs, () => !isAlive(live)).then(
      () => true,
      () => false,
    );
  }

  /** As if the host lost power: postmaster and all its children at once. */
  async kill(): Promise<void> {
    const live = this.#live();
    if (live !== null) await killTree(live);
    this.#endedBy = 'killed';
    freeSharedMemory(this.paths.data);
  }

  freeze(): void {
    const live = this.#live();
    if (live === null) throw new Error(`PostgreSQL of ${this.name} is not running, so it can't be frozen. Start it: start ${this.name}`);
    freezeTree(live);
  }

  thaw(): void {
    const live = this.#live();
    if (live !== null) thawTree(live);
  }
}
