/**
 * Plays a client during a change of primary: commits a numbered row every 10 ms, one after the other, and keeps its own list of
 * acknowledgements. A process of its own, so that nothing else delays its clock. Takes JSON lines on standard input, answers on standard
 * output.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Acknowledgements } from './acknowledgements.ts';
import type { AcknowledgementReport } from './acknowledgements.ts';
import { messageOf } from '../lib/runtime/error-message.ts';

export interface ProberStart {
  /** One address: a pooler. Several: tried in turn until one is writable, as libpq does with `target_session_attrs=read-write`. */
  hosts: readonly { host: string; port: number }[];
  database: string;
  user: string;
  password: string;
  caPem: string;
  /** Tells the rows of this prober from those of others. */
  run: string;
  intervalMs: number;
  /** A commit or connection that takes longer counts as failed. */
  answerDeadlineMs: number;
}

export interface ProberErrors {
  statements: number;
  connects: number;
  /** The first few, with their time. */
  messages: string[];
}

export interface ProberReport extends AcknowledgementReport {
  run: string;
  errors: ProberErrors;
}

/** `mark` begins a new measurement; `report` tells how it stands; the acknowledged rows continue over all of them. */
export type ProberRequest = { ask: 'mark' | 'report'; id: number };
export interface ProberAnswer {
  id: number;
  report: ProberReport;
}

export const PROBER_TABLE = 'prober_row';
const INSERT = `INSERT INTO ${PROBER_TABLE} (run, number) VALUES ($1, $2)`;
const RECONNECT_INTERVAL_MS = 20;
const MESSAGES_MAX = 10;

/** Milliseconds since 1970 that never jump: the clock is read once, at the start of the process. */
const nowMs = (): number => performance.timeOrigin + performance.now();

class Prober {
  readonly #start: ProberStart;
  readonly #acknowledged = new Acknowledgements(nowMs());
  #errors: ProberErrors = { statements: 0, connects: 0, messages: [] };
  #number = 0;
  #nextHost = 0;

  constructor(start: ProberStart) {
    this.#start = start;
  }

  mark(): void {
    this.#acknowledged.mark(nowMs());
    this.#errors = { statements: 0, connects: 0, messages: [] };
  }

  report(): ProberReport {
    return { run: this.#start.run, errors: this.#errors, ...this.#acknowledged.report(nowMs()) };
  }

  async run(): Promise<never> {
    for (let failedAt: number | null = null; ;) {
      // At once after an error, then no more often than every 20 ms.
      if (failedAt !== null) await sleep(Math.max(0, failedAt + RECONNECT_INTERVAL_MS - nowMs()));
      const client = await this.#connect();
      if (client === null) {
        failedAt = nowMs();
        continue;
      }
      failedAt = null;
      await this.#commitUntilError(client);
      client.end().catch(() => undefined);
    }
  }

  async #commitUntilError(client: pg.Client): Promise<void> {
    for (;;) {
      const dueMs = nowMs() + this.#start.intervalMs;
      this.#number += 1;
      try {
        await client.query(INSERT, [this.#start.run, this.#number]);
        this.#acknowledged.add(this.#number, nowMs());
      } catch (error) {
        this.#errors.statements += 1;
        this.#remember(error);
        return;
      }
      await sleep(Math.max(0, dueMs - nowMs()));
    }
  }

  /** One try at each host, beginning with the one that worked last. `null`: none takes writes. */
  async #connect(): Promise<pg.Client | null> {
    const { hosts } = this.#start;
    for (let tried = 0; tried < hosts.length; tried += 1) {
      const host = hosts[this.#nextHost];
      if (host === undefined) break;
      const client = await this.#connectTo(host);
      if (client !== null) return client;
      this.#nextHost = (this.#nextHost + 1) % hosts.length;
    }
    this.#errors.connects += 1;
    return null;
  }

  async #connectTo(address: { host: string; port: number }): Promise<pg.Client | null> {
    const { database, user, password, caPem, answerDeadlineMs, hosts } = this.#start;
    const client = new pg.Client({
      ...{ ...address, database, user, password, ssl: { ca: caPem } },
      ...{ connectionTimeoutMillis: answerDeadlineMs, query_timeout: answerDeadlineMs },
    });
    client.on('error', () => undefined);
    const readOnly = hosts.length > 1 ? whetherReadOnly(client) : () => false;
    try {
      await client.connect();
      if (!readOnly()) return client;
    } catch (error) {
      this.#remember(error);
    }
    client.end().catch(() => undefined);
    return null;
  }

  #remember(error: unknown): void {
    if (this.#errors.messages.length < MESSAGES_MAX) {
      this.#errors.messages.push(`${new Date(nowMs()).toISOString()} ${messageOf(error)}`);
    }
  }

  /** The table is made through the same way as the rows. @throws when no server takes it within a few tries. */
  async prepare(): Promise<void> {
    const client = await this.#connect();
    if (client === null) throw new Error(`No server takes writes: ${this.#errors.messages.at(-1) ?? 'all are read-only'}`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${PROBER_TABLE} (run text, number bigint, PRIMARY KEY (run, number))`);
    await client.end();
  }
}

/** PostgreSQL says while the session begins whether it is a standby, so that asking costs no round trip. */
function whetherReadOnly(client: pg.Client): () => boolean {
  const settings = new Map<string, string>();
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    settings.set(message.parameterName, message.parameterValue);
  });
  return () => settings.get('in_hot_standby') === 'on' || settings.get('default_transaction_read_only') === 'on';
}

function main(): void {
  let prober: Prober | null = null;
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const message = JSON.parse(line) as ProberStart | ProberRequest;
    if (prober === null) {
      const started = new Prober(message as ProberStart);
      prober = started;
      void started.prepare().then(
        () => started.run(),
        (error: Error) => {
          console.error(error.message);
          process.exit(1);
        },
      );
      return;
    }
    const { ask, id } = message as ProberRequest;
    const report = prober.report();
    if (ask === 'mark') prober.mark();
    process.stdout.write(`${JSON.stringify({ id, report } satisfies ProberAnswer)}\n`);
  });
  input.on('close', () => process.exit(0));
}

if (import.meta.main) main();
