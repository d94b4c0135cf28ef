/** Turns what PostgreSQL or the network said into a sentence with the way out. */
import { messageOf } from '../../runtime/error-message.ts';

/** The control database can't be used as it is. The message is for a person and holds no password. */
export class DatabaseProblem extends Error {
  override name = 'DatabaseProblem';
}

const NO_PASSWORD = 'postgresql://user@host:5432/database';

/** The connection string as it may be shown: without its password. */
export function redactUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '…';
    if (parsed.searchParams.has('password')) parsed.searchParams.set('password', '…');
    return decodeURI(parsed.toString());
  } catch {
    return '(not a connection URL)';
  }
}

/** SQLSTATE or Node's error code; `null` when there is none. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** SQLSTATE classes 22 (data) and 23 (constraints): the content is at fault, and sending it again will not help. */
export const isAboutContent = (error: unknown): boolean => /^2[23]/.test(errorCode(error) ?? '');

function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorText).join('; ');
  return messageOf(error);
}

/** Why the database at `url` can't be used, and what to do. `settingName` is the setting to look at, such as `DATABASE_URL`. */
export function explainDatabaseError(error: unknown, url: string, settingName = 'DATABASE_URL'): DatabaseProblem {
  if (error instanceof DatabaseProblem) return error;
  const where = `${settingName} (${redactUrl(url)})`;
  const said = errorText(error);
  const hint = ((): string => {
    switch (errorCode(error)) {
      case 'ECONNREFUSED':
        return 'Nothing listens there. Start PostgreSQL, or correct host and port.';
      case 'ENOENT':
        return 'There is no socket there. Start PostgreSQL, or correct the socket directory.';
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return 'The host name does not resolve. Correct the host.';
      case 'ETIMEDOUT':
      case 'EHOSTUNREACH':
      case 'ENETUNREACH':
        return 'The host does not answer. Check the network and firewall between here and there.';
      case 'ERR_INVALID_URL':
        return `It is not a connection URL. It looks like this: ${NO_PASSWORD}`;
      case '28P01':
      case '28000':
        return 'The server refuses this user. Correct user and password, or its pg_hba.conf.';
      case '3D000':
        return 'The database does not exist. Create it (CREATE DATABASE …), or correct the name.';
      case '42501':
        return 'The role lacks a privilege. Make it the owner of the database, or grant it CREATE on schema public.';
      case '53300':
        return 'The server has no connection left. Raise max_connections, or stop other clients.';
      case '57P03':
        return 'The server is starting up or shutting down. Try again in a moment.';
      default:
        return 'Check that it names a PostgreSQL 14 or newer that this host can reach.';
    }
  })();
  return new DatabaseProblem(`The control database in ${where} can't be used: ${said}. ${hint}`, { cause: error });
}
