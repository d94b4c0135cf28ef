/** One tick: asks everything at once and makes the contract's record of it. */
import type { Observation, PostgresObservation, WriteProbe } from '../../lib/agent-contract/observation.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import type { ChronyTracking } from './chrony.ts';
import { failureOf } from './connection.ts';
import type { ConnectionTarget } from './connection.ts';
import { DeadlineError, withDeadline } from './deadline.ts';
import { walFileTimelineOf } from './history-file.ts';
import { NewConnectionProbe } from './new-connection-probe.ts';
import { toPostgresObservation } from './postgres-sample.ts';
import type { RawTick } from './postgres-sample.ts';
import { PostmasterWatch, UNKNOWN } from './postmaster.ts';
import type { Postmaster } from './postmaster.ts';
import type { ServerConstants } from './server-constants.ts';
import { classifyFailure } from './server-state.ts';
import type { ServerView } from './server-state.ts';
import type { Session } from './session.ts';
import { SlotInactivity } from './slot-inactivity.ts';
import { tickStatement } from './tick-statement.ts';
import { TablespaceVolumes } from './tablespace-volumes.ts';
import { Volumes } from './volumes.ts';
import { NOTHING_LISTED, WalDirectoryLister } from './wal-directories.ts';
import type { WalDirectories } from './wal-directories.ts';
import { WalRate } from './wal-rate.ts';

/** An existing connection that gives no answer for so long belongs to a server that doesn't respond. */
export const TICK_QUERY_DEADLINE_MS = 1500;
/** A new connection that waits so long for any answer, likewise. Below 2 s, so that a frozen server is named within three. */
export const CONNECT_STALL_MS = 1800;
/** A file system that hangs leaves its figures out of the sample; it doesn't hold the tick. */
const DISK_DEADLINE_MS = 500;
/** From this age of an unanswered connection a tick waits to see whether it is a stall or only load. */
const CONNECT_SUSPICIOUS_MS = 800;
/** In recovery there is nothing to write; a connection every so many ticks shows whether the postmaster still takes some. */
const STANDBY_PROBE_EVERY_TICKS = 5;
/** How old the last successful commit may be for the node to count as writable. */
export const WRITABLE_FRESH_MS = 3000;

export interface Sampled {
  observedAt: string;
  tookMs: number;
  server: ServerView;
  postgres: PostgresObservation | null;
  volumes: Observation['volumes'];
  tablespaces: Observation['tablespaces'];
}

export interface CollectorOptions {
  session: Session;
  target: ConnectionTarget;
  stateDirectory: string;
  /** From the configuration; `null`: learned from the server. */
  dataDirectory: string | null;
  /** A probe runs each tick: with long ticks the last one may be older than `WRITABLE_FRESH_MS`. */
  tickMs: number;
  log: Log;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly probe: NewConnectionProbe;
  readonly #volumes = new Volumes();
  readonly #tablespaces = new TablespaceVolumes();
  readonly #postmaster = new PostmasterWatch();
  readonly #walRate = new WalRate();
  readonly #lister = new WalDirectoryLister();
  readonly #slots: SlotInactivity;
  #statement: { constants: ServerConstants; text: string } | null = null;
  #learnedDataDirectory: string | null = null;
  #inRecovery: boolean | null = null;
  #ticks = 0;
  /** The postmaster as last seen without a connection. */
  #postmasterSeen: string | null = null;
  /** chrony is asked by the slow loop; every sample carries the last answer. */
  chrony: ChronyTracking | null = null;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#slots = new SlotInactivity(options.stateDirectory);
    this.probe = new NewConnectionProbe(options.target, async (pid) => {
      await options.session.query({ text: 'select pg_terminate_backend($1)', values: [pid] }, TICK_QUERY_DEADLINE_MS);
    });
  }

  get dataDirectory(): string | null {
    return this.#options.dataDirectory ?? this.#learnedDataDirectory;
  }

  get #freshMs(): number {
    return Math.max(WRITABLE_FRESH_MS, 2 * this.#options.tickMs);
  }

  /** Milliseconds since the last probe whose commit succeeded ended; `null` when the last one failed, or the node is in recovery. */
  get lastCommitAgeMs(): number | null {
    const latest = this.probe.latestWrite;
    return this.#inRecovery === false && latest !== null && latest.probe.ok ? performance.now() - latest.finishedAtMs : null;
  }

  /** Takes one sample. Never throws; takes at most about two seconds. */
  async sample(): Promise<Sampled> {
    const startedAtMs = performance.now();
    const observedAt = new Date().toISOString();
    this.#ticks += 1;
    this.#startProbe();
    const slowDisk = withDeadline('the disk', this.#volumes.read(this.dataDirectory), DISK_DEADLINE_MS).catch(() => []);
    // Read separately: a volume that hangs must not delay the others.
    const slowTablespaces = withDeadline('the tablespaces', this.#tablespaces.read(this.dataDirectory), DISK_DEADLINE_MS).catch(() => null);
    let server: ServerView;
    let postgres: PostgresObservation | null = null;
    try {
      if (!this.#options.session.connected) await this.#noticePostmaster();
      const raw = await this.#query(startedAtMs);
      postgres = this.#interpret(raw, await this.#listDirectories(), observedAt);
      server = await this.#answeringState(await this.#lookAtPostmaster(false));
      // The last probe may be seconds old: a server that is known to answer no new client is not writable for one.
      if (server.state !== 'accepting' && postgres.writeProbe?.ok === true) {
        postgres = { ...postgres, writeProbe: { ok: false, commitMs: null, reason: server.message } };
      }
    } catch (error) {
      server = this.#failedState(error, await this.#lookAtPostmaster(true));
      if (server.state !== 'accepting') this.#walRate.next(null, 0, startedAtMs);
    }
    const [volumes, tablespaces] = await Promise.all([slowDisk, slowTablespaces]);
    return { observedAt, tookMs: performance.now() - startedAtMs, server, postgres, volumes, tablespaces };
  }

  /** Retries immediately when the postmaster changes, instead of waiting out the backoff. */
  async #noticePostmaster(): Promise<void> {
    const { presence, pid, status } = await this.#lookAtPostmaster(true);
    const seen = `${presence} ${pid} ${status}`;
    if (this.#postmasterSeen !== seen) this.#options.session.retryNow();
    this.#postmasterSeen = seen;
  }

  #lookAtPostmaster(fresh: boolean): Promise<Postmaster> {
    const look = this.#postmaster.look(this.dataDirectory, fresh);
    return withDeadline('the data directory', look, DISK_DEADLINE_MS).catch(() => UNKNOWN);
  }

  #startProbe(): void {
    // Without a session its own attempt to connect is the probe.
    if (!this.#options.session.connected || this.#inRecovery === null) return;
    if (!this.#inRecovery) this.probe.start('write');
    else if (this.#ticks % STANDBY_PROBE_EVERY_TICKS === 0) this.probe.start('connect');
  }

  async #query(startedAtMs: number): Promise<RawTick> {
    const { session } = this.#options;
    const remainingMs = (): number => Math.max(50, TICK_QUERY_DEADLINE_MS - (performance.now() - startedAtMs));
    const ask = async (): Promise<RawTick> => {
      const constants = await session.ready(remainingMs());
      if (this.#statement?.constants !== constants) {
        this.#statement = { constants, text: tickStatement(constants) };
        this.#learnedDataDirectory = constants.dataDirectory ?? this.#learnedDataDirectory;
      }
      const [row] = await session.query<{ tick: RawTick }>({ name: 'tick', text: this.#statement.text }, remainingMs());
      if (row === undefined) throw new Error('PostgreSQL answered without a row.');
      return row.tick;
    };
    try {
      return await ask();
    } catch (error) {
      // A connection that broke since the last tick says nothing about the server: ask once more on a new one.
      if (session.connected || error instanceof DeadlineError) throw error;
      return ask();
    }
  }

  async #listDirectories(): Promise<WalDirectories> {
    if (this.#statement?.constants.isMonitor !== true) return NOTHING_LISTED;
    try {
      return await this.#lister.read(this.#options.session, TICK_QUERY_DEADLINE_MS);
    } catch (error) {
      this.#options.log.repeated('wal-directories-unread', messageOf(error));
      return NOTHING_LISTED;
    }
  }

  #interpret(raw: RawTick, directories: WalDirectories, observedAt: string): PostgresObservation {
    const constants = this.#statement?.constants;
    if (constants === undefined) throw new Error('The session was lost.');
    if (this.#inRecovery !== raw.inRecovery) this.probe.reset();
    this.#inRecovery = raw.inRecovery;
    this.#slots.update(raw.slots, observedAt);
    const observed = toPostgresObservation(raw, {
      constants,
      directories,
      writeProbe: this.#currentWriteProbe(),
      walBytesPerSecond: null,
      walFileTimeline: walFileTimelineOf(raw, constants, this.dataDirectory),
      slotInactiveSince: (name) => this.#slots.since(name),
    });
    const position = raw.inRecovery ? (raw.receiveLsn ?? raw.replayLsn) : raw.flushLsn;
    return { ...observed, walBytesPerSecond: this.#walRate.next(position, observed.timeline, performance.now()) };
  }

  /** The last finished probe, as long as it is about now. */
  #currentWriteProbe(): WriteProbe | null {
    const latest = this.probe.latestWrite;
    if (latest === null) return null;
    if (!latest.probe.ok && this.probe.inFlight) return latest.probe;
    const ageMs = performance.now() - latest.finishedAtMs;
    return ageMs <= this.#freshMs * 2
      ? latest.probe
      : { ok: false, commitMs: null, reason: `No probe finished for ${Math.round(ageMs / 1000)} s.` };
  }

  /** The persistent connection answered: does the server also take new ones? */
  async #answeringState(postmaster: Postmaster): Promise<ServerView> {
    if (postmaster.frozen) return classifyFailure({ code: null, message: '', timedOut: true }, postmaster);
    const waitedMs = this.probe.unansweredConnectMs;
    if (waitedMs >= CONNECT_SUSPICIOUS_MS) await this.probe.settled(CONNECT_STALL_MS - waitedMs);
    const unansweredMs = this.probe.unansweredConnectMs;
    if (unansweredMs >= CONNECT_STALL_MS - 50) {
      return {
        state: 'not-responding',
        message: `Existing connections work, but a new one has had no answer for ${Math.round(unansweredMs)} ms.`,
      };
    }
    // Refused for want of connections: alive, and this agent sees it through the connection that it keeps.
    return { state: 'accepting', message: this.probe.connectError?.slice(0, 500) ?? null };
  }

  #failedState(error: unknown, postmaster: Postmaster): ServerView {
    const failure = failureOf(error);
    // The session stands and one statement failed: the server is there, this agent lacks a right or a deadline passed in the server.
    const serverLeaves = failure.code?.startsWith('57P') === true;
    if (this.#options.session.connected && !failure.timedOut && !serverLeaves) {
      const timedOutInServer = failure.code === '57014';
      this.#options.log.repeated('tick-failed', failure.message, { code: failure.code });
      return { state: timedOutInServer ? 'not-responding' : 'accepting', message: failure.message.slice(0, 500) };
    }
    this.probe.reset();
    return classifyFailure(failure, postmaster);
  }
}
