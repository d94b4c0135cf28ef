/** How the agent connects to its PostgreSQL: one short-lived connection, with deadlines kept on this side too. */
import type { Socket } from 'node:net';
import pg from 'pg';
import { codeOf, messageOf } from '../log.ts';
import { DeadlineError } from './deadline.ts';
import type { Failure } from './server-state.ts';

export interface ConnectionTarget {
  /** Socket directory or host name. */
  host: string;
  port: number;
  user: string;
  database: string;
}

/** No statement of the agent may run longer than this in the server. */
export const STATEMENT_TIMEOUT_MS = 2000;

/** A client that is not connected yet. `readOnly` guards the observing session against its own mistakes. */
export function newClient(target: ConnectionTarget, applicationName: string, readOnly: boolean): pg.Client {
  const client = new pg.Client({
    ...target,
    application_name: applicationName,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: `-c timezone=UTC -c datestyle=ISO -c jit=off${readOnly ? ' -c default_transaction_read_only=on' : ''}`,
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
