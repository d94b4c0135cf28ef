/**
 * Connections of the control role over the Unix socket, one for each command at a time. The commands of a change of primary follow one another
 * while clients wait, and a new connection costs as much as some of them: the last one is kept for a moment, for the next command.
 */
import pg from 'pg';
import { backendPid, destroyClient, holdProcess, startupOptions } from '../../../observe/connection.ts';
import { codeOf, messageOf } from '../../../../lib/runtime/error-message.ts';
import { PerformFailed, PerformRefused } from '../../performer.ts';
import type { PerformContext } from '../../performer.ts';
import { abortedFailure } from './waiting.ts';

const APPLICATION_NAME = 'farshore-control';
const CONNECT_TIMEOUT_MS = 5000;
const END_TIMEOUT_MS = 500;
/** Longer than the pause between two commands of one change, which may wait for another node. */
const KEPT_MS = 2000;
/** An idle connection answers at once; one that does not belongs to a server that hangs, which a new connection will tell. */
const KEPT_ANSWER_MS = 500;
const INSUFFICIENT_PRIVILEGE = '42501';

/** PostgreSQL refused a statement. */
export class ServerError extends PerformFailed {
  readonly sqlState: string | null;
  constructor(error: unknown, changed: boolean | null) {
    const sqlState = codeOf(error);
    const advice = sqlState === INSUFFICIENT_PRIVILEGE ? ' Give the control role what `farshore-agent check` lists as missing.' : '';
    super('server-error', `PostgreSQL said: ${messageOf(error)}.${advice}`, changed);
    this.sqlState = sqlState;
  }
}

/** Nobody answered at the socket. */
export class ServerUnreachable extends PerformRefused {
  readonly sqlState: string | null;
  constructor(error: unknown) {
    super('precondition-failed', `PostgreSQL on this node takes no connection of the control role: ${messageOf(error)}.`);
    this.sqlState = codeOf(error);
  }
}

export interface ControlSession {
  pid: number | null;
  /** @throws {ServerError} with `changed` unknown, or a failure when the command was aborted. */
  query: <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
  literal: (text: string) => string;
}

/** The control role's name. @throws {PerformRefused} when this agent only observes. */
export function controlOf(context: Pick<PerformContext, 'config'>): NonNullable<PerformContext['config']['control']> {
  const { control } = context.config;
  if (control === undefined) {
    throw new PerformRefused(
      'not-configured',
      'This agent only observes. Add a section [control] to its configuration and restart it, so that it may act.',
    );
  }
  return control;
}

function newControlClient(context: PerformContext): pg.Client {
  const { instance } = context;
  const client = new pg.Client({
    host: instance.host,
    port: instance.port,
    database: instance.database,
    user: controlOf(context).user,
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, context.deadlineMs),
    statement_timeout: context.deadlineMs,
    // A commit of the agent must never wait for a standby that is away.
    options: startupOptions({ synchronous_commit: 'local', lock_timeout: '5s', default_transaction_read_only: 'off' }),
  });
  client.on('error', () => undefined);
  return client;
}

interface Kept {
  client: pg.Client;
  timer: NodeJS.Timeout;
  /** The server has ended it. */
  forget: () => void;
}

/** By server and role: a process may have several agents, in tests. */
const keptOf = new Map<string, Kept>();

const serverKey = (context: PerformContext): string => {
  const { host, port, database } = context.instance;
  return JSON.stringify([host, port, database, controlOf(context).user]);
};

async function endClient(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => destroyClient(client), END_TIMEOUT_MS);
  await client.end().catch(() => destroyClient(client));
  clearTimeout(timer);
}

/** Keeps the connection for the next command, or ends it where one is kept already. */
async function putAside(key: string, client: pg.Client): Promise<void> {
  if (keptOf.has(key)) return endClient(client);
  const forget = (): void => {
    if (keptOf.get(key)?.client !== client) return;
    clearTimeout(keptOf.get(key)?.timer);
    keptOf.delete(key);
  };
  // It keeps no process alive that is otherwise done.
  holdProcess(client, false);
  const timer = setTimeout(() => {
    forget();
    void endClient(client);
  }, KEPT_MS).unref();
  client.once('end', forget);
  keptOf.set(key, { client, timer, forget });
}

/** The connection that was kept, proved to answer; `null` when there is none. */
async function takeKept(context: PerformContext): Promise<pg.Client | null> {
  const key = serverKey(context);
  const kept = keptOf.get(key);
  if (kept === undefined) return null;
  clearTimeout(kept.timer);
  keptOf.delete(key);
  const { client } = kept;
  client.removeListener('end', kept.forget);
  holdProcess(client, true);
  const late = setTimeout(() => destroyClient(client), KEPT_ANSWER_MS);
  try {
    await client.query(`set statement_timeout = ${context.deadlineMs}`);
    return client;
  } catch {
    destroyClient(client);
    return null;
  } finally {
    clearTimeout(late);
  }
}

/** Opens a connection, or takes the one that was kept. The caller ends it. @throws {ServerUnreachable} */
export async function openControl(context: PerformContext): Promise<{ session: ControlSession; end: () => Promise<void> }> {
  const { signal } = context;
  if (signal.aborted) throw abortedFailure(signal, 'connecting to PostgreSQL', false);
  const kept = await takeKept(context);
  const client = kept ?? newControlClient(context);
  let isWhole = true;
  const abort = (): void => {
    isWhole = false;
    destroyClient(client);
  };
  signal.addEventListener('abort', abort, { once: true });
  const broken = (): void => void (isWhole = false);
  client.once('end', broken);
  const release = (): void => {
    signal.removeEventListener('abort', abort);
    client.removeListener('end', broken);
  };
  try {
    if (signal.aborted) throw signal.reason;
    if (kept === null) await client.connect();
  } catch (error) {
    release();
    destroyClient(client);
    throw signal.aborted ? abortedFailure(signal, 'connecting to PostgreSQL', false) : new ServerUnreachable(error);
  }
  const query: ControlSession['query'] = async <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => {
    try {
      const result = await (values === undefined ? client.query<Row>(text) : client.query<Row>(text, [...values]));
      return result.rows;
    } catch (error) {
      throw signal.aborted ? abortedFailure(signal, 'waiting for PostgreSQL’s answer') : new ServerError(error, null);
    }
  };
  return {
    session: { pid: backendPid(client), query, literal: (text) => client.escapeLiteral(text) },
    end: async () => {
      release();
      if (isWhole) await putAside(serverKey(context), client);
    },
  };
}

/** One piece of work on a connection that nobody else uses meanwhile. */
export async function withControl<T>(context: PerformContext, work: (session: ControlSession) => Promise<T>): Promise<T> {
  const { session, end } = await openControl(context);
  try {
    return await work(session);
  } finally {
    await end();
  }
}
