/**
 * The one persistent connection for observing. It is made again with backoff and jitter. An attempt that gets no answer is kept
 * waiting instead of being repeated: a frozen postmaster would otherwise find a queue of dead connections when it wakes.
 */
import type pg from 'pg';
import { destroyClient, newClient } from './connection.ts';
import type { ConnectionTarget } from './connection.ts';
import { DeadlineError, withDeadline } from './deadline.ts';
import { readServerConstants } from './server-constants.ts';
import type { ServerConstants } from './server-constants.ts';

export const APPLICATION_NAME = 'farshore-agent';
const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 2000;
const PENDING_ATTEMPT_MAX_MS = 60_000;

interface Attempt {
  client: pg.Client;
  startedAtMs: number;
  done: Promise<ServerConstants>;
}

export class Session {
  readonly #target: ConnectionTarget;
  #client: pg.Client | null = null;
  #constants: ServerConstants | null = null;
  #attempt: Attempt | null = null;
  #failures = 0;
  #retryAtMs = 0;
  #lastError: unknown = new Error('not connected yet');
  #ended = false;
  /** Settles when the statement before is done: a connection carries one at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(target: ConnectionTarget) {
    this.#target = target;
  }

  get connected(): boolean {
    return this.#client !== null;
  }

  /**
   * Connects when needed and returns what is constant for the life of this server process.
   * @throws DeadlineError, or the error of the last attempt while waiting for the next.
   */
  async ready(deadlineMs: number): Promise<ServerConstants> {
    if (this.#ended) throw new Error('the session was ended');
    if (this.#client !== null && this.#constants !== null) return this.#constants;
    const nowMs = performance.now();
    if (this.#attempt !== null && nowMs - this.#attempt.startedAtMs > PENDING_ATTEMPT_MAX_MS) this.#abandon(this.#attempt);
    if (this.#attempt === null && nowMs < this.#retryAtMs) throw this.#lastError;
    const attempt = this.#attempt ?? this.#start(nowMs);
    return withDeadline('PostgreSQL (new connection)', attempt.done, deadlineMs);
  }

  /** The server is not what it was when the last attempt failed: the next one is made at once. */
  retryNow(): void {
    this.#failures = 0;
    this.#retryAtMs = 0;
  }

  /**
   * A named statement is prepared once per connection. After the deadline the connection is given up: its late answer would be taken for
   * the next one's. @throws DeadlineError or the server's error.
   */
  async query<Row extends pg.QueryResultRow>(statement: pg.QueryConfig, deadlineMs: number): Promise<Row[]> {
    const before = this.#turn;
    let done = (): void => undefined;
    this.#turn = new Promise((resolve) => (done = resolve));
    try {
      await before;
      return await this.#ask<Row>(statement, deadlineMs);
    } finally {
      done();
    }
  }

  async #ask<Row extends pg.QueryResultRow>(statement: pg.QueryConfig, deadlineMs: number): Promise<Row[]> {
    const client = this.#client;
    if (client === null) throw this.#lastError;
    try {
      const result = await withDeadline('PostgreSQL', client.query<Row>(statement), deadlineMs);
      return result.rows;
    } catch (error) {
      if (error instanceof DeadlineError) this.#lose(client, error);
      throw error;
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    if (this.#attempt !== null) this.#abandon(this.#attempt);
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    await withDeadline('PostgreSQL', client.end(), 500).catch(() => destroyClient(client));
  }

  #start(nowMs: number): Attempt {
    const client = newClient(this.#target, APPLICATION_NAME, true);
    const attempt: Attempt = { client, startedAtMs: nowMs, done: this.#connect(client) };
    attempt.done.catch(() => undefined);
    this.#attempt = attempt;
    return attempt;
  }

  async #connect(client: pg.Client): Promise<ServerConstants> {
    try {
      await client.connect();
      const constants = await readServerConstants(client);
      if (this.#attempt?.client !== client) throw new Error('the attempt was given up');
      client.on('error', (error) => this.#lose(client, error));
      client.on('end', () => this.#lose(client, new Error('the server closed the connection')));
      this.#attempt = null;
      this.#failures = 0;
      this.#client = client;
      this.#constants = constants;
      return constants;
    } catch (error) {
      if (this.#attempt?.client === client) this.#attempt = null;
      this.#fail(error);
      destroyClient(client);
      throw error;
    }
  }

  #abandon(attempt: Attempt): void {
    this.#attempt = null;
    destroyClient(attempt.client);
  }

  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#lastError = error;
    // The first attempt after a loss is made at once: most often it finds a server that restarts.
    this.#retryAtMs = 0;
    destroyClient(client);
  }

  #fail(error: unknown): void {
    this.#failures += 1;
    this.#lastError = error;
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures, 10));
    this.#retryAtMs = performance.now() + ceiling * (0.5 + Math.random() / 2);
  }
}
