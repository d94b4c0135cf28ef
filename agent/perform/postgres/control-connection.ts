/** A connection of its own for each command, as the control role over the Unix socket: nothing is left open on a server that stops. */
import pg from 'pg';
import { backendPid, destroyClient } from '../../observe/connection.ts';
import { codeOf, messageOf } from '../../log.ts';
import { PerformFailed, PerformRefused } from '../performer.ts';
import type { PerformContext } from '../performer.ts';
import { abortedFailure } from './deadline.ts';

const APPLICATION_NAME = 'farshore-control';
const CONNECT_TIMEOUT_MS = 5000;
const END_TIMEOUT_MS = 500;
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
  const { postgres } = context.config;
  const client = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    database: postgres.database,
    user: controlOf(context).user,
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, context.deadlineMs),
    statement_timeout: context.deadlineMs,
    // A commit of the agent must never wait for a standby that is away.
    options: '-c synchronous_commit=local -c timezone=UTC -c datestyle=ISO -c lock_timeout=5s',
  });
  client.on('error', () => undefined);
  return client;
}

/** Opens a connection. The caller ends it. @throws {ServerUnreachable} */
export async function openControl(context: PerformContext): Promise<{ session: ControlSession; end: () => Promise<void> }> {
  const { signal } = context;
  if (signal.aborted) throw abortedFailure(signal, 'connecting to PostgreSQL', false);
  const client = newControlClient(context);
  const abort = (): void => destroyClient(client);
  signal.addEventListener('abort', abort, { once: true });
  const release = (): void => signal.removeEventListener('abort', abort);
  try {
    await client.connect();
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
      const timer = setTimeout(() => destroyClient(client), END_TIMEOUT_MS);
      await client.end().catch(() => destroyClient(client));
      clearTimeout(timer);
    },
  };
}

/** One piece of work on a connection of its own. */
export async function withControl<T>(context: PerformContext, work: (session: ControlSession) => Promise<T>): Promise<T> {
  const { session, end } = await openControl(context);
  try {
    return await work(session);
  } finally {
    await end();
  }
}
