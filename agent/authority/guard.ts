/**
 * Keeps a node that must not be primary from being writable, alone: with no controller, no session and no tick. It looks at the
 * lock file of the data directory and at the process table only, and goes by what leadership says (rules.ts).
 */
import { existsSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { PostmasterWatch } from '../observe/postmaster.ts';
import { withDeadline } from '../observe/deadline.ts';
import { readControl } from '../perform/postgres/directory/control-data.ts';
import { isHeld, leaveHold, signalFileOf } from '../perform/postgres/directory/start-guard-mark.ts';
import { serverProcesses } from '../perform/postgres/process/process-table.ts';
import { stopByForce } from '../perform/postgres/process/server-process.ts';
import type { LeadershipFile } from './leadership-file.ts';
import { whyNotWritable } from './rules.ts';

/** Well below the 5 s in which a writable node of an old term must be stopped. */
const GUARD_INTERVAL_MS = 500;
const LOOK_DEADLINE_MS = 500;
/** After an immediate shutdown was asked for, before every process is killed. */
const QUIT_GRACE_MS = 1000;
const KILL_DEADLINE_MS = 2000;
/** The postmaster's own word, in its lock file, for “takes connections”: of a primary, and of a standby that can be read. */
const READY_STATUS = 'ready';
/** pg_control of a standby; it changes to “in production” before a promoted server takes its first write. */
const STANDBY_STATE = 'in archive recovery';
/** Of pg_controldata, for a pg_control whose layout this release does not know. */
const CONTROL_DEADLINE_MS = 1000;
/** pg_control may be in the middle of being written once, not so often. */
const UNREADABLE_LOOKS_MAX = 2;

export interface GuardOptions {
  keeper: LeadershipFile;
  /** `null` = unknown (yet). */
  dataDirectory: () => string | null;
  /** A fence is being performed: it stops the server itself. */
  isFencing: () => boolean;
  /** Something is being done to the server or its directory, which the guard must not write into meanwhile. */
  isPerforming: () => boolean;
  onFenced: () => void;
  log: Log;
}

export class Guard {
  readonly #options: GuardOptions;
  readonly #watch = new PostmasterWatch();
  #timer: NodeJS.Timeout | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #stopped = false;
  /** Some process was left over by the last stop. */
  #unfinished = false;
  #unreadableLooks = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#turn;
  }

  /** Looks now. @returns whether a server was found writable against the rules, and stopped. Never throws. */
  enforce(): Promise<boolean> {
    const turn = this.#turn.then(() => this.#look());
    this.#turn = turn;
    return turn;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.enforce().then(() => this.#schedule()), GUARD_INTERVAL_MS);
  }

  async #look(): Promise<boolean> {
    const { keeper, log } = this.#options;
    const reason = whyNotWritable(keeper.state);
    const dataDirectory = this.#options.dataDirectory();
    if (reason === null || dataDirectory === null || this.#options.isFencing()) return false;
    try {
      if (await this.#isWritable(dataDirectory)) return await this.#stopServer(dataDirectory, reason);
      this.#holdDown(dataDirectory, reason);
      return false;
    } catch (error) {
      log.repeated('guard-failed', messageOf(error));
      return false;
    }
  }

  async #isWritable(dataDirectory: string): Promise<boolean> {
    if (this.#unfinished) return serverProcesses(dataDirectory).length > 0;
    const look = this.#watch.look(dataDirectory, true);
    const found = await withDeadline('the data directory', look, LOOK_DEADLINE_MS);
    if (found.presence !== 'running' || found.status !== READY_STATUS) return false;
    const control = await readControl({ dataDirectory, binDirectory: programsOf(found.pid) }, CONTROL_DEADLINE_MS);
    this.#unreadableLooks = control === null ? this.#unreadableLooks + 1 : 0;
    // Unreadable for long, also by the server's own pg_controldata, counts as writable: doubt stops it.
    return control === null ? this.#unreadableLooks > UNREADABLE_LOOKS_MAX : control.state !== STANDBY_STATE;
  }

  /**
   * While the server is down the directory is marked, so that nobody starts it writable: the agent that would stop it again may be late.
   * In one go from look to mark, so that no command begins in between.
   */
  #holdDown(dataDirectory: string, reason: string): void {
    const { keeper, isPerforming, onFenced, log } = this.#options;
    const isFenced = keeper.state.role === 'fenced';
    if (isPerforming() || (isFenced && existsSync(signalFileOf(dataDirectory))) || serverProcesses(dataDirectory).length > 0) return;
    // A standby's own signal file stays what it is.
    const isMarked = leaveHold(dataDirectory) || isHeld(dataDirectory);
    if (!isMarked || isFenced) return;
    const sentence = `The server does not run, and is kept from starting as a primary. ${reason}`;
    log.warn('held', { message: sentence });
    keeper.fenceAnyway(sentence, new Date().toISOString(), { held: true });
    onFenced();
  }

  async #stopServer(dataDirectory: string, reason: string): Promise<boolean> {
    const { keeper, log, onFenced } = this.#options;
    const startedAtMs = performance.now();
    // Stopped first, written down after: a disk that hangs must not keep it writable.
    const stop = await stopByForce(dataDirectory, QUIT_GRACE_MS, KILL_DEADLINE_MS);
    this.#unfinished = stop.left.length > 0;
    const stopMs = Math.round(performance.now() - startedAtMs);
    const sentence = `The server was found writable and stopped at once. ${reason}`;
    log.error('fenced', { message: sentence, stopMs, forced: stop.forced, left: stop.left });
    keeper.fenceAnyway(sentence, new Date().toISOString(), { stopMs, forced: stop.forced, left: stop.left });
    if (stop.left.length === 0) leaveHold(dataDirectory);
    onFenced();
    return true;
  }
}

/** Where the program of a running server lies: its pg_controldata understands its pg_control. `null` = Debian's place. */
function programsOf(pid: number | null): string | null {
  try {
    return pid === null ? null : path.dirname(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return null;
  }
}
