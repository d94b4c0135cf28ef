/** How the agent connects to its PostgreSQL: one short-lived connection, with deadlines kept on this side too. */
import type { Socket } from 'node:net';
import pg from 'pg';
import { codeOf, messageOf } from '../../lib/runtime/error-message.ts';
import { DeadlineError } from './deadline.ts';
import type { Failure } from './server-state.ts';

export interface ConnectionTarget {
  /** Socket directory or host name. */
  host: string;
  port: number;
  user: string;
  database: string;
}

/**
 * Settings of every session of the agent, over what the owner of a database or of a role has set: with another search_path, others' functions run
 * with the agent's rights (docs/decisions/0033). All versions from 14 know them: an unknown one would refuse the connection.
 */
const OWN_SETTINGS: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog,pg_temp',
  role: 'none',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  idle_session_timeout: '0',
  jit: 'off',
};

/** The `options` of a connection string, and PGOPTIONS: the agent's own settings, and `more`. */
export const startupOptions = (more: Readonly<Record<string, string>> = {}): string =>
  Object.entries({ ...OWN_SETTINGS, ...more })
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');

/** No statement of the agent may run longer than this in the server. */
export const STATEMENT_TIMEOUT_MS = 2000;

/** A client that is not connected yet. `readOnly` guards the observing session against its own mistakes. */
export function newClient(target: ConnectionTarget, applicationName: string, readOnly: boolean): pg.Client {
  const client = new pg.Client({
    ...target,
    application_name: applicationName,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: startupOptions(readOnly ? { default_transaction_read_only: 'on' } : {}),
  });
  // Without a listener a broken connection would end the process.
  client.on('error', () => undefined);
  return client;
}

const socketOf = (client: pg.Client): Socket => (client as unknown as { connection: { stream: Socket } }).connection.stream;

/** Closes the socket without a word to the server: for connections that don't answer. */
export function destroyClient(client: pg.Client): void {
  socketOf(client).destroy();
}

/** Lets this connection keep the process alive, or not. */
export function holdProcess(client: pg.Client, holds: boolean): void {
  if (holds) socketOf(client).ref();
  else socketOf(client).unref();
}

/** The backend's pid; `null` before the connection is made. */
export const backendPid = (client: pg.Client): number | null => (client as unknown as { processID: number | null }).processID;

/** The part of an error that `classifyFailure` needs. */
export const failureOf = (error: unknown): Failure => ({
  code: codeOf(error),
  message: messageOf(error),
  timedOut: error instanceof DeadlineError,
});
