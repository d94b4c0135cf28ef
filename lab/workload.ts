/**
 * The steady workload of one cluster, a process of its own: money moves between accounts through the write endpoint. It survives
 * outages of the endpoint, takes new rates on standard input, and ends when its input closes, also when the lab was killed.
 *
 * Input, one JSON object per line: first a `WorkloadStart`, then `{"tps": N}`.
 */
import { randomInt } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import pg from 'pg';

export interface WorkloadStart {
  endpoint: { host: string; port: number; database: string; user: string; password: string };
  caPem: string;
  reportFile: string;
  accounts: number;
  tps: number;
}

/** The report file, written each second. */
export interface WorkloadReport {
  at: string;
  targetTps: number;
  /** Commits in the last second. */
  tps: number;
  committed: number;
  failed: number;
  lastCommitAt: string | null;
  lastError: string | null;
}

const CONNECTIONS = 4;
const STATEMENT_DEADLINE_MS = 8_000;
const CONNECT_TIMEOUT_MS = 4_000;
const BACKOFF_START_MS = 100;
const BACKOFF_MAX_MS = 2_000;
const REPORT_INTERVAL_MS = 1_000;
const AMOUNT_MAX = 100;

/** One statement, so that it is one round trip and one transaction: both accounts and the record of it change together. */
const TRANSFER = `
  WITH made AS (INSERT INTO transfers (from_account, to_account, amount) VALUES ($1, $2, $3))
  UPDATE accounts SET balance = balance + CASE WHEN id = $1 THEN -$3::bigint ELSE $3::bigint END WHERE id IN ($1, $2)`;

class Writer {
  readonly #start: WorkloadStart;
  #targetTps: number;
  #committed = 0;
  #failed = 0;
  #committedBefore = 0;
  #lastCommitAt: string | null = null;
  #lastError: string | null = null;
  /** Transfers that are due; a rate that the endpoint can't keep up with does not pile up behind it. */
  #due = 0;
  readonly #idle: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(start: WorkloadStart) {
    this.#start = start;
    this.#targetTps = start.tps;
  }

  run(): void {
    for (let each = 0; each < CONNECTIONS; each += 1) void this.#work();
    this.setRate(this.#targetTps);
    setInterval(() => this.#report(), REPORT_INTERVAL_MS);
    this.#report();
  }

  setRate(tps: number): void {
    this.#targetTps = tps;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#due = 0;
    if (tps <= 0) return;
    const intervalMs = Math.max(1000 / tps, 5);
    this.#timer = setInterval(() => {
      this.#due = Math.min(this.#due + (tps * intervalMs) / 1000, CONNECTIONS);
      while (this.#due >= 1 && this.#idle.length > 0) {
        this.#due -= 1;
        this.#idle.shift()?.();
      }
    }, intervalMs);
  }

  async #work(): Promise<never> {
    let backoffMs = BACKOFF_START_MS;
    for (;;) {
      const client = this.#newClient();
      try {
        await client.connect();
        backoffMs = BACKOFF_START_MS;
        for (;;) {
          await new Promise<void>((resolve) => this.#idle.push(resolve));
          await client.query(TRANSFER, this.#transfer());
          this.#committed += 1;
          this.#lastCommitAt = new Date().toISOString();
        }
      } catch (error) {
        this.#failed += 1;
        this.#lastError = `${new Date().toISOString()} ${(error as Error).message}`;
        client.end().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, backoffMs));
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
      }
    }
  }

  #newClient(): pg.Client {
    const client = new pg.Client({
      ...this.#start.endpoint,
      ssl: { ca: this.#start.caPem },
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_DEADLINE_MS,
    });
    client.on('error', () => undefined);
    return client;
  }

  #transfer(): [number, number, number] {
    const from = randomInt(1, this.#start.accounts + 1);
    const to = (from % this.#start.accounts) + 1;
    return [from, to, randomInt(1, AMOUNT_MAX + 1)];
  }

  #report(): void {
    const report: WorkloadReport = {
      at: new Date().toISOString(),
      targetTps: this.#targetTps,
      tps: this.#committed - this.#committedBefore,
      committed: this.#committed,
      failed: this.#failed,
      lastCommitAt: this.#lastCommitAt,
      lastError: this.#lastError,
    };
    this.#committedBefore = this.#committed;
    const draft = `${this.#start.reportFile}.new`;
    writeFileSync(draft, JSON.stringify(report));
    renameSync(draft, this.#start.reportFile);
  }
}

function main(): void {
  let writer: Writer | null = null;
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const message = JSON.parse(line) as WorkloadStart | { tps: number };
    if (writer !== null) writer.setRate(message.tps);
    else {
      writer = new Writer(message as WorkloadStart);
      writer.run();
    }
  });
  input.on('close', () => process.exit(0));
}

if (import.meta.main) main();
