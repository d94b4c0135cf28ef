/**
 * The probe that feels what a client feels: a *new* connection, and on a node out of recovery a commit (the heartbeat). A persistent
 * connection would keep working after the postmaster froze, and reading works when the disk or a synchronous standby hangs.
 *
 * A backend costs the server about 4 ms to start and a commit about 1 ms, so a connection is used for a few commits before the next
 * is made: a commit each tick, a new connection every fourth (docs/decisions/0006). A frozen postmaster is seen each tick in /proc.
 *
 * There is never more than one: a probe that gets no answer keeps its place until the server answers or lets go of it. So a server that
 * hangs for an hour finds one dead connection afterwards, not 3,600.
 */
import type pg from 'pg';
import type { WriteProbe } from '../../lib/agent-contract/observation.ts';
import { codeOf, messageOf } from '../../lib/runtime/error-message.ts';
import { backendPid, destroyClient, newClient } from './connection.ts';
import type { ConnectionTarget } from './connection.ts';

export const PROBE_APPLICATION_NAME = 'farshore-probe';
/** Connect, write and commit together. */
export const PROBE_DEADLINE_MS = 2000;
/** Commits on one connection before a new one is made. */
export const COMMITS_PER_CONNECTION = 4;
/** An attempt to connect that was not answered at all is made again after this time. */
const CONNECT_ATTEMPT_MAX_MS = 60_000;
const QUERY_CANCELED = '57014';

/** `write`: commits the heartbeat. `connect`: only connects, for a node in recovery. */
export type ProbeKind = 'write' | 'connect';

interface Running {
  kind: ProbeKind;
  client: pg.Client;
  startedAtMs: number;
  connected: boolean;
  overdue: boolean;
  settled: Promise<void>;
}

export class NewConnectionProbe {
  readonly #target: ConnectionTarget;
  readonly #endBackend: (pid: number) => Promise<void>;
  #running: Running | null = null;
  /** Connected and between two commits; `null`: the next probe makes a new connection. */
  #kept: { client: pg.Client; commits: number } | null = null;
  #latestWrite: { probe: WriteProbe; finishedAtMs: number } | null = null;
  #lastConnectError: string | null = null;

  /** @param endBackend terminates one of the agent's own backends through another connection. */
  constructor(target: ConnectionTarget, endBackend: (pid: number) => Promise<void>) {
    this.#target = target;
    this.#endBackend = endBackend;
  }

  /** Starts a probe, unless one is still on its way. Never waits, never throws. */
  start(kind: ProbeKind): void {
    const running = this.#running;
    if (running !== null) {
      if (running.connected || performance.now() - running.startedAtMs < CONNECT_ATTEMPT_MAX_MS) return;
      this.#running = null;
      destroyClient(running.client);
    }
    const kept = kind === 'write' ? this.#kept : null;
    this.#kept = null;
    const client = kept?.client ?? newClient(this.#target, PROBE_APPLICATION_NAME, kind === 'connect');
    const startedAtMs = performance.now();
    const next: Running = { kind, client, startedAtMs, connected: kept !== null, overdue: false, settled: Promise.resolve() };
    this.#running = next;
    next.settled = this.#run(next, kept?.commits ?? 0);
  }

  /** The last finished write probe, or the failure of one that passed its deadline. `null` before the first. */
  get latestWrite(): { probe: WriteProbe; finishedAtMs: number } | null {
    return this.#latestWrite;
  }

  /** How long the server has left a new connection without any answer; 0 when none waits. */
  get unansweredConnectMs(): number {
    return this.#running === null || this.#running.connected ? 0 : performance.now() - this.#running.startedAtMs;
  }

  /** Why the last new connection was refused; `null` when it was not. */
  get connectError(): string | null {
    return this.#lastConnectError;
  }

  /** True while a probe is on its way (for tests of the pile-up rule). */
  get inFlight(): boolean {
    return this.#running !== null;
  }

  /** Waits until the probe in flight is done, at most `deadlineMs`. */
  async settled(deadlineMs: number): Promise<void> {
    if (this.#running === null || deadlineMs <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    await Promise.race([this.#running.settled, late]);
    clearTimeout(timer);
  }

  /** Forgets what was measured: the node changed its role, or the server is gone. */
  reset(): void {
    this.#latestWrite = null;
    this.#lastConnectError = null;
    this.#letGo();
  }

  end(): void {
    if (this.#running !== null) destroyClient(this.#running.client);
    this.#running = null;
    this.#letGo();
  }

  #letGo(): void {
    const kept = this.#kept;
    this.#kept = null;
    kept?.client.end().catch(() => undefined);
  }

  async #run(own: Running, commitsBefore: number): Promise<void> {
    const timer = setTimeout(() => this.#becomeOverdue(own), PROBE_DEADLINE_MS);
    try {
      const commits = (await this.#commitOnKept(own)) ? commitsBefore + 1 : await this.#commitOnNew(own);
      if (commits > 0 && commits < COMMITS_PER_CONNECTION && !own.overdue && this.#running === own)
        this.#kept = { client: own.client, commits };
      else own.client.end().catch(() => undefined);
    } catch (error) {
      if (!own.connected && this.#running === own) this.#lastConnectError = messageOf(error);
      this.#finish(own, { ok: false, commitMs: null, reason: messageOf(error).slice(0, 500) });
      destroyClient(own.client);
    } finally {
      clearTimeout(timer);
      if (this.#running === own) this.#running = null;
    }
  }

  /** False when there is no kept connection, or when it broke meanwhile: that alone says nothing about the server. */
  async #commitOnKept(own: Running): Promise<boolean> {
    if (!own.connected) return false;
    try {
      await this.#commit(own);
      return true;
    } catch (error) {
      if (own.overdue || codeOf(error) === QUERY_CANCELED) throw error;
      destroyClient(own.client);
      own.client = newClient(this.#target, PROBE_APPLICATION_NAME, false);
      own.connected = false;
      return false;
    }
  }

  /** Returns the number of commits: none on a node in recovery, where connecting is all that can be tried. */
  async #commitOnNew(own: Running): Promise<number> {
    await own.client.connect();
    own.connected = true;
    if (this.#running === own) this.#lastConnectError = null;
    if (own.kind === 'connect') return 0;
    await this.#commit(own);
    return 1;
  }

  async #commit(own: Running): Promise<void> {
    const startedAtMs = performance.now();
    await own.client.query(`select pg_logical_emit_message(true, 'farshore', '${new Date().toISOString()}'::text)`);
    this.#finish(own, { ok: true, commitMs: performance.now() - startedAtMs, reason: null });
  }

  #finish(own: Running, probe: WriteProbe): void {
    // An answer after the deadline doesn't count: a client would have given up.
    if (own.kind === 'write' && !own.overdue && this.#running === own) this.#latestWrite = { probe, finishedAtMs: performance.now() };
  }

  #becomeOverdue(own: Running): void {
    if (this.#running !== own) return;
    const reason = own.connected
      ? `Connected, but the commit did not finish within ${PROBE_DEADLINE_MS} ms: it waits for a synchronous standby, a lock or the disk.`
      : `The server left a new connection without an answer for ${PROBE_DEADLINE_MS} ms.`;
    this.#finish(own, { ok: false, commitMs: null, reason });
    own.overdue = true;
    const pid = backendPid(own.client);
    // A backend that waits for a synchronous standby doesn't notice that its client left: it has to be told.
    if (own.connected && pid !== null) this.#endBackend(pid).catch(() => undefined);
  }
}
