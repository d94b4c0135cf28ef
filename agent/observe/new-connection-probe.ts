/**
 * The probe that feels what a client feels: a *new* connection, and on a node out of recovery a commit (the heartbeat). A persistent
 * connection would go on working after the postmaster froze, and reading works when the disk or a synchronous standby hangs.
 *
 * There is never more than one: a probe that gets no answer keeps its place until the server answers or lets go of it. So a server that
 * hangs for an hour finds one dead connection afterwards, not 3,600.
 */
import type pg from 'pg';
import type { WriteProbe } from '../../lib/agent-contract/observation.ts';
import { messageOf } from '../log.ts';
import { backendPid, destroyClient, newClient } from './connection.ts';
import type { ConnectionTarget } from './connection.ts';

export const PROBE_APPLICATION_NAME = 'farshore-probe';
/** Connect, write and commit together. */
export const PROBE_DEADLINE_MS = 2000;
/** An attempt to connect that was not answered at all is made anew after this time. */
const CONNECT_ATTEMPT_MAX_MS = 60_000;

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
    const client = newClient(this.#target, PROBE_APPLICATION_NAME, kind === 'connect');
    const next: Running = { kind, client, startedAtMs: performance.now(), connected: false, overdue: false, settled: Promise.resolve() };
    this.#running = next;
    next.settled = this.#run(next);
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

  /** Whether a probe is on its way (for tests of the pile-up rule). */
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
  }

  end(): void {
    if (this.#running !== null) destroyClient(this.#running.client);
    this.#running = null;
  }

  async #run(own: Running): Promise<void> {
    const timer = setTimeout(() => this.#becomeOverdue(own), PROBE_DEADLINE_MS);
    try {
      await own.client.connect();
      own.connected = true;
      if (this.#running === own) this.#lastConnectError = null;
      if (own.kind === 'write') {
        await own.client.query(`select pg_logical_emit_message(true, 'farshore', '${new Date().toISOString()}'::text)`);
        this.#finish(own, { ok: true, commitMs: performance.now() - own.startedAtMs, reason: null });
      }
      own.client.end().catch(() => undefined);
    } catch (error) {
      if (!own.connected && this.#running === own) this.#lastConnectError = messageOf(error);
      this.#finish(own, { ok: false, commitMs: null, reason: messageOf(error).slice(0, 500) });
      destroyClient(own.client);
    } finally {
      clearTimeout(timer);
      if (this.#running === own) this.#running = null;
    }
  }

  #finish(own: Running, probe: WriteProbe): void {
    // What comes after the deadline doesn't count: a client would have given up.
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
