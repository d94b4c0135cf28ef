/**
 * Defines a performer: one effect on this node, in one file (`perform/<verb>.ts`), safe to repeat. Its arguments were checked against the
 * contract; it works within its deadline and returns evidence that was read back afterwards, not assumed.
 */
import type { Verb, VerbArgs, VerbEvidence } from '../../lib/agent-contract/verbs.ts';
import type { AgentConfig } from '../config.ts';
import type { Instance } from '../instance.ts';
import type { Log } from '../log.ts';

export interface PerformContext {
  config: AgentConfig;
  /** The server that the command is about. */
  instance: Instance;
  /** This node's own name and cluster. */
  nodeName: string;
  clusterSlug: string;
  /** Term of the command. */
  term: number;
  /** Aborted by `cancel`, by the deadline and when the agent stops. Every wait listens to it. */
  signal: AbortSignal;
  deadlineMs: number;
  /** Tells what is being done; throttled by the caller. `null` = unknown. */
  progress: (doing: string, doneBytes: number | null, totalBytes: number | null) => void;
  /** Durable marks on the data directory: while one stands, nothing starts the server. */
  directory: { markUnusable: (reason: string) => void; markUsable: () => void; unusable: () => string | null };
  /** Concerns the agent itself rather than its server. */
  self: {
    /** Stops the server when leadership forbids it to be writable; true = it had to. */
    enforceLeadership: () => Promise<boolean>;
    leads: () => boolean;
    /** False: no such command waits or is under way. */
    cancel: (command: string) => Promise<boolean>;
  };
  log: Log;
}

export type Performer<V extends Verb> = (args: VerbArgs<V>, context: PerformContext) => Promise<VerbEvidence<V>>;

/** The node is not in the state that the command needs; nothing was changed. `message` says what is in the way and what to do. */
export class PerformRefused extends Error {
  override name = 'PerformRefused';
  readonly code: 'busy' | 'not-the-holder' | 'directory-unusable' | 'directory-not-empty' | 'precondition-failed' | 'not-configured';
  constructor(code: PerformRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** It was tried and did not come about. `changed: false` only when that is known; `null` = unknown. */
export class PerformFailed extends Error {
  override name = 'PerformFailed';
  readonly code: 'deadline' | 'cancelled' | 'program-failed' | 'server-error' | 'wal-missing' | 'internal';
  readonly changed: boolean | null;
  constructor(code: PerformFailed['code'], message: string, changed: boolean | null) {
    super(message);
    this.code = code;
    this.changed = changed;
  }
}
