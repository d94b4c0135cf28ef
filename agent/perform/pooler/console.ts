/** The administration console of a pgbouncer: a connection to its own database `pgbouncer`, which knows simple statements only. */
import pg from 'pg';
import type { AgentConfig } from '../../config.ts';
import { messageOf } from '../../../lib/runtime/error-message.ts';
import { destroyClient } from '../../observe/connection.ts';
import { PerformFailed, PerformRefused } from '../performer.ts';

export type PoolerConfig = AgentConfig['poolers'][string];

const CONNECT_TIMEOUT_MS = 2000;
const STATEMENT_TIMEOUT_MS = 3000;
const END_TIMEOUT_MS = 200;

export interface PoolerConsole {
  /** @throws {PerformFailed} when pgbouncer refuses it or gives no answer in time. `null` = without a limit of its own. */
  run: <Row extends pg.QueryResultRow>(command: string, timeoutMs?: number | null) => Promise<Row[]>;
  /** Closes the socket without a word, also under a command that still waits. */
  abandon: () => void;
}

export interface PoolerDatabase {
  name: string;
  host: string | null;
  port: number | null;
  paused: boolean;
}

/** @throws {PerformRefused} when the agent's configuration knows no such pooler. */
export function poolerOf(config: AgentConfig, name: string): PoolerConfig {
  const pooler = config.poolers[name];
  if (pooler !== undefined) return pooler;
  throw new PerformRefused(
    'not-configured',
    `This agent knows no pooler ${name}. Add [poolers.${name}] to its configuration and restart it.`,
  );
}

/** Names go into console commands as identifiers. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** @throws {PerformRefused} when nobody answers at the console. */
export async function openConsole(name: string, pooler: PoolerConfig): Promise<{ console: PoolerConsole; end: () => Promise<void> }> {
  const client = new pg.Client({
    host: pooler.console,
    port: pooler.port,
    user: pooler.user,
    database: 'pgbouncer',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    destroyClient(client);
    throw new PerformRefused(
      'precondition-failed',
      `The console of pooler ${name} can’t be reached at ${pooler.console}, port ${pooler.port}, as ${pooler.user}: ${messageOf(error)}.`,
    );
  }
  const run: PoolerConsole['run'] = async <Row extends pg.QueryResultRow>(
    command: string,
    timeoutMs: number | null = STATEMENT_TIMEOUT_MS,
  ) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (timeoutMs === null) return;
      timer = setTimeout(() => {
        destroyClient(client);
        reject(new PerformFailed('server-error', `Pooler ${name} gave no answer to ${command} within ${timeoutMs} ms.`, null));
      }, timeoutMs);
    });
    try {
      const answer = client.query<Row>(command);
      answer.catch(() => undefined);
      return (await Promise.race([answer, late])).rows;
    } catch (error) {
      if (error instanceof PerformFailed) throw error;
      throw new PerformFailed('server-error', `Pooler ${name} said to ${command}: ${messageOf(error)}.`, null);
    } finally {
      clearTimeout(timer);
    }
  };
  const end = async (): Promise<void> => {
    const timer = setTimeout(() => destroyClient(client), END_TIMEOUT_MS);
    await client.end().catch(() => destroyClient(client));
    clearTimeout(timer);
  };
  return { console: { run, abandon: () => destroyClient(client) }, end };
}

/** One piece of work on a console connection of its own. */
export async function withConsole<T>(name: string, pooler: PoolerConfig, work: (console: PoolerConsole) => Promise<T>): Promise<T> {
  const { console, end } = await openConsole(name, pooler);
  try {
    return await work(console);
  } finally {
    await end();
  }
}

/** How the pooler itself sees the entry that applications use. @throws {PerformRefused} when it has none. */
export async function readDatabase(console: PoolerConsole, name: string, pooler: PoolerConfig): Promise<PoolerDatabase> {
  const rows = await console.run<{ name: string; host: string | null; port: number | string | null; paused: number | string }>(
    'SHOW DATABASES',
  );
  const row = rows.find((candidate) => candidate.name === pooler.database);
  if (row === undefined) {
    throw new PerformRefused(
      'precondition-failed',
      `Pooler ${name} has no entry ${pooler.database} under [databases]. Correct its configuration or the agent’s.`,
    );
  }
  return { name: row.name, host: row.host, port: row.port === null ? null : Number(row.port), paused: Number(row.paused) !== 0 };
}
