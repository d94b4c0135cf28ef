/** From an error and a look at the postmaster to the state that `observation.ts` names. Pure. */
import type { ServerState } from '../../lib/agent-contract/observation.ts';
import type { Postmaster } from './postmaster.ts';

export interface ServerView {
  state: ServerState;
  message: string | null;
}

/** How an attempt to use the server failed. `code`: SQLSTATE or system error; `timedOut`: no answer within the deadline. */
export interface Failure {
  code: string | null;
  message: string;
  timedOut: boolean;
}

const CANNOT_CONNECT_NOW = '57P03';
const ADMIN_SHUTDOWN = '57P01';
/** As any supported version says that it comes up, in English. */
const STARTING_WORDS = /starting up|recovery|not (yet )?accepting connections/i;
/** Nobody listens at the socket or the port. */
const NOBODY_LISTENS = new Set(['ENOENT', 'ECONNREFUSED']);

/** Why the server is not usable, in the terms of the contract. */
export function classifyFailure(failure: Failure, postmaster: Postmaster): ServerView {
  const message = failure.message.slice(0, 500);
  if (postmaster.frozen) {
    return { state: 'not-responding', message: `The postmaster (pid ${postmaster.pid}) is stopped by a signal and answers nobody.` };
  }
  if (failure.timedOut) return { state: 'not-responding', message };
  if (failure.code === CANNOT_CONNECT_NOW || failure.code === ADMIN_SHUTDOWN) {
    // A server of another language says which only in its lock file.
    const stopping = postmaster.status === 'stopping' || failure.code === ADMIN_SHUTDOWN || /shutting down/i.test(failure.message);
    if (!stopping && postmaster.status !== 'starting' && !STARTING_WORDS.test(failure.message)) return { state: 'refusing', message };
    return { state: stopping ? 'stopping' : 'starting', message };
  }
  if (failure.code !== null && NOBODY_LISTENS.has(failure.code)) return nobodyListens(message, postmaster);
  if (failure.code !== null && /^[0-9A-Z]{5}$/.test(failure.code)) return { state: 'refusing', message };
  // The connection broke without a word, as it does when a server goes down at once.
  if (postmaster.presence === 'absent') return { state: 'stopped', message };
  return { state: byPidFile(postmaster) ?? 'not-responding', message };
}

const byPidFile = (postmaster: Postmaster): ServerState | null =>
  postmaster.status === 'starting' || postmaster.status === 'stopping' ? postmaster.status : null;

function nobodyListens(message: string, postmaster: Postmaster): ServerView {
  // Nobody listens and no pid file could be read: a postmaster would hold its socket, so this one is not running.
  if (postmaster.presence !== 'running') return { state: 'stopped', message: `No postmaster is running (${message}).` };
  const state = byPidFile(postmaster);
  if (state !== null) return { state, message };
  return {
    state: 'not-responding',
    message:
      `A postmaster runs (pid ${postmaster.pid}), but not at the configured address: ${message}. Compare [postgres] host and port with it.`.slice(
        0,
        500,
      ),
  };
}
