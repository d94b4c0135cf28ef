/**
 * Polls the controller for commands (long poll on its own connection) and posts results on another, until each is accepted. Results not
 * accepted when the agent ends are in the journal and sent after the next start.
 */
import path from 'node:path';
import type https from 'node:https';
import { CommandsAnswer, HAVE_MAX, POLL_WAIT_MAX_MS } from '../../lib/agent-contract/commands.ts';
import type { CommandProgress, ResultMessage } from '../../lib/agent-contract/commands.ts';
import { stopwatch } from '../../lib/agent-contract/stopwatch.ts';
import { CONTRACT_VERSION } from '../../lib/agent-contract/primitives.ts';
import { readJsonFile, writeFileAtomically } from '../journal/atomic-file.ts';
import type { CommandJournal } from '../journal/command-journal.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import type { OutgoingResult } from '../perform/runner-options.ts';
import type { CommandRunner } from '../perform/command-runner.ts';
import { BACKOFF_SHORT_MAX_MS, backoffMs } from './backoff.ts';
import type { StoredIdentity } from './identity.ts';
import { JournalReport } from './journal-report.ts';
import { RefusedError, getJson, httpsAgentFor, postJson } from './request.ts';
import { verdictOn } from './verdict.ts';
import { WakeableSleep } from '../../lib/runtime/wakeable-sleep.ts';

const PROGRESS_INTERVAL_MS = 1000;
/** An identity that is not accepted is tried again at this interval. */
const REFUSED_RETRY_MS = 15_000;
/** When the controller keeps sending what is in hand already, or what can't be answered. */
const NOTHING_NEW_PAUSE_MS = 500;
/** An answer that was on its way for longer is not believed: this host was suspended, or something held it back. */
const ANSWER_DELAY_MAX_MS = 15_000;
/** After a start the results since the last one known to be accepted are sent again; so many at most. */
const RESENT_MAX = 200;
const DELIVERED_WRITE_DELAY_MS = 1000;
const RESULT_CONNECTIONS_MAX = 2;

export interface CommandLinkOptions {
  stateDirectory: string;
  instanceId: string;
  runner: CommandRunner;
  journal: CommandJournal;
  /** The controller waits to see this node change. */
  observeOften: (forMs: number) => void;
  log: Log;
}

interface RecentProgress {
  /** Came since the last one left. */
  latest: CommandProgress | null;
  timer: NodeJS.Timeout;
}

export class CommandLink {
  readonly #options: CommandLinkOptions;
  readonly #report: JournalReport;
  #identity: StoredIdentity | null = null;
  #polls: https.Agent | null = null;
  #posts: https.Agent | null = null;
  #outgoing: OutgoingResult[] = [];
  /** Results that the controller refused for now. */
  readonly #setAside = new Map<OutgoingResult, { failures: number; untilMs: number }>();
  readonly #progress = new Map<string, RecentProgress>();
  /** Entries of the journal whose results, and which themselves, the controller has. */
  #delivered: { results: number; journal: number };
  #deliveredTimer: NodeJS.Timeout | null = null;
  #stopped = false;
  readonly #senderRest = new WakeableSleep();
  readonly #pollerRest = new WakeableSleep();
  #loops: Promise<unknown> | null = null;

  constructor(options: CommandLinkOptions) {
    this.#options = options;
    const stored = readJsonFile(this.#deliveredFile) as Partial<Record<'results' | 'journal', unknown>> | null;
    this.#delivered = { results: numberOr0(stored?.results), journal: numberOr0(stored?.journal) };
    this.#report = new JournalReport({
      ...options,
      knownThrough: this.#delivered.journal,
      onAccepted: (through) => this.#note({ journal: through }),
      post: (json) => this.#post('/v1/journal', json),
    });
  }

  get #deliveredFile(): string {
    return path.join(this.#options.stateDirectory, 'delivered.json');
  }

  /** Begins with this identity, or continues with a renewed one. */
  use(identity: StoredIdentity): void {
    if (this.#identity?.generation === identity.generation && this.#identity.identity === identity.identity) return;
    const [polls, posts] = [this.#polls, this.#posts];
    this.#identity = identity;
    this.#polls = httpsAgentFor(identity);
    this.#posts = httpsAgentFor(identity, RESULT_CONNECTIONS_MAX);
    polls?.destroy();
    posts?.destroy();
    if (this.#loops !== null) return;
    this.#resend();
    this.#loops = Promise.all([this.#poll(), this.#send(), this.#report.run()]);
  }

  /** A result to deliver. */
  send(result: OutgoingResult): void {
    this.#dropProgress(result.command);
    for (const earlier of this.#outgoing) if (earlier.command === result.command) this.#setAside.delete(earlier);
    this.#outgoing = [...this.#outgoing.filter(({ command }) => command !== result.command), result];
    this.#senderRest.wake();
  }

  /** The newest progress of a command; at most one a second leaves. */
  progress(command: string, progress: CommandProgress): void {
    const recent = this.#progress.get(command);
    if (recent !== undefined) {
      recent.latest = progress;
      return;
    }
    const entry: RecentProgress = { latest: null, timer: setTimeout(() => this.#progressAgain(command, entry), PROGRESS_INTERVAL_MS) };
    this.#progress.set(command, entry);
    void this.#postProgress(command, progress);
  }

  /** There is news in the journal. When a command begins, sending it also opens the connection that the result will take. */
  journaled(): void {
    this.#report.nudge();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#report.stop();
    for (const { timer } of this.#progress.values()) clearTimeout(timer);
    this.#senderRest.wake();
    this.#pollerRest.wake();
    this.#polls?.destroy();
    this.#posts?.destroy();
    await this.#loops;
    if (this.#deliveredTimer !== null) this.#writeDelivered();
  }

  #resend(): void {
    const { journal, log } = this.#options;
    const unaccepted = [...journal.commands()].filter(({ ended, sequence }) => ended !== null && sequence > this.#delivered.results);
    for (const known of unaccepted.slice(-RESENT_MAX)) {
      try {
        const result = journal.resultOf(known);
        const { command, operation, step, attempt, sequence } = known;
        if (result !== null) this.#outgoing.push({ command, operation, step, attempt, sequence, result });
      } catch (error) {
        log.repeated('result-unread', messageOf(error));
      }
    }
  }

  async #poll(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      const identity = this.#identity;
      try {
        const taken = await this.#pollOnce();
        failures = 0;
        if (!taken) await this.#pause(this.#pollerRest, NOTHING_NEW_PAUSE_MS);
      } catch (error) {
        // A connection that was closed because the certificate was renewed is no failure.
        if (this.#stopped || identity !== this.#identity) continue;
        failures += 1;
        this.#options.log.repeated('commands-unreachable', messageOf(error));
        const ms = verdictOn(error) === 'identity' ? REFUSED_RETRY_MS : backoffMs(failures, Math.random(), BACKOFF_SHORT_MAX_MS);
        await this.#pause(this.#pollerRest, ms);
      }
    }
  }

  /** @returns false when what came was in hand already. */
  async #pollOnce(): Promise<boolean> {
    const { runner, instanceId } = this.#options;
    const identity = this.#identity;
    const https = this.#polls;
    if (identity === null || https === null) throw new Error('There is no identity yet.');
    const unsent = this.#outgoing.map(({ command }) => command).toReversed();
    const have = [...new Set([...runner.inHand, ...unsent])].slice(0, HAVE_MAX);
    const url = new URL('/v1/commands', identity.controllerUrl);
    url.searchParams.set('wait', String(POLL_WAIT_MAX_MS));
    url.searchParams.set('instance', instanceId);
    url.searchParams.set('have', have.join(','));
    const askedAgoMs = stopwatch();
    const answer = await getJson(url, https, POLL_WAIT_MAX_MS);
    if (askedAgoMs() > POLL_WAIT_MAX_MS + ANSWER_DELAY_MAX_MS) throw new Error('The answer came too late to be believed. Asking again.');
    const { commands, observeForMs } = CommandsAnswer.parse(answer.body);
    if (this.#stopped) return true;
    if (observeForMs !== undefined) this.#options.observeOften(observeForMs);
    const before = runner.received;
    runner.take(commands);
    return commands.length === 0 || runner.received > before;
  }

  async #send(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      const nowMs = performance.now();
      const next = this.#outgoing.find((result) => (this.#setAside.get(result)?.untilMs ?? 0) <= nowMs);
      if (next === undefined) {
        const untilMs = Math.min(...[...this.#setAside.values()].map((aside) => aside.untilMs));
        await this.#pause(this.#senderRest, Number.isFinite(untilMs) ? Math.max(1, untilMs - nowMs) : null);
        continue;
      }
      const identity = this.#identity;
      try {
        await this.#post(`/v1/commands/${next.command}/result`, JSON.stringify(this.#messageOf(next)));
        failures = 0;
        this.#deliver(next);
      } catch (error) {
        if (this.#stopped || identity !== this.#identity) continue;
        if (isForGood(error)) {
          this.#options.log.error('result-not-accepted', { message: messageOf(error), command: next.command });
          this.#deliver(next);
          continue;
        }
        if (isAboutThisResult(error)) {
          this.#putAside(next, error);
          continue;
        }
        failures += 1;
        this.#options.log.repeated('result-not-sent', messageOf(error), { command: next.command });
        const ms = verdictOn(error) === 'identity' ? REFUSED_RETRY_MS : backoffMs(failures, Math.random(), BACKOFF_SHORT_MAX_MS);
        await this.#pause(new WakeableSleep(), ms);
      }
    }
  }

  /** The controller is there and refuses this one for now: others, a fence's perhaps, must not wait behind it. */
  #putAside(result: OutgoingResult, error: unknown): void {
    const failures = (this.#setAside.get(result)?.failures ?? 0) + 1;
    this.#options.log.repeated('result-set-aside', messageOf(error), { command: result.command });
    this.#setAside.set(result, { failures, untilMs: performance.now() + backoffMs(failures, Math.random(), BACKOFF_SHORT_MAX_MS) });
  }

  #messageOf({ operation, step, attempt, result }: OutgoingResult): ResultMessage {
    return { contractVersion: CONTRACT_VERSION, instanceId: this.#options.instanceId, operation, step, attempt, result };
  }

  #deliver(result: OutgoingResult): void {
    this.#outgoing = this.#outgoing.filter((one) => one !== result);
    this.#setAside.delete(result);
    const waiting = this.#outgoing.flatMap(({ sequence }) => sequence ?? []);
    this.#note({ results: waiting.length > 0 ? Math.min(...waiting) - 1 : (result.sequence ?? 0) });
  }

  /** Written when nobody waits: what is lost of it is only sent again. */
  #note(known: { results?: number; journal?: number }): void {
    const results = Math.max(this.#delivered.results, known.results ?? 0);
    const journal = known.journal ?? this.#delivered.journal;
    if (results === this.#delivered.results && journal === this.#delivered.journal) return;
    this.#delivered = { results, journal };
    this.#deliveredTimer ??= setTimeout(() => this.#writeDelivered(), DELIVERED_WRITE_DELAY_MS);
  }

  #writeDelivered(): void {
    if (this.#deliveredTimer !== null) clearTimeout(this.#deliveredTimer);
    this.#deliveredTimer = null;
    try {
      writeFileAtomically(this.#deliveredFile, `${JSON.stringify(this.#delivered)}\n`);
    } catch (error) {
      this.#options.log.repeated('delivered-unwritten', messageOf(error));
    }
  }

  #post(at: string, json: string): Promise<unknown> {
    const identity = this.#identity;
    const https = this.#posts;
    if (identity === null || https === null) return Promise.reject(new Error('There is no identity yet.'));
    return postJson(new URL(at, identity.controllerUrl), json, https).then(({ body }) => body);
  }

  async #postProgress(command: string, progress: CommandProgress): Promise<void> {
    await this.#post(`/v1/commands/${command}/progress`, JSON.stringify(progress)).catch((error: unknown) =>
      this.#options.log.repeated('progress-not-sent', messageOf(error)),
    );
  }

  #progressAgain(command: string, { latest }: RecentProgress): void {
    this.#progress.delete(command);
    if (latest !== null) this.progress(command, latest);
  }

  #dropProgress(command: string): void {
    clearTimeout(this.#progress.get(command)?.timer);
    this.#progress.delete(command);
  }

  async #pause(rest: WakeableSleep, ms: number | null): Promise<void> {
    if (!this.#stopped) await rest.sleep(ms);
  }
}

const numberOr0 = (value: unknown): number => (typeof value === 'number' && Number.isSafeInteger(value) ? value : 0);

/** The controller answered, and what it says is about this message, not about itself or this agent. */
const isAboutThisResult = (error: unknown): boolean =>
  error instanceof RefusedError && verdictOn(error) !== 'identity' && error.status !== 429;

/** The controller knows no such command of this node, or has another result: saying it again changes nothing. */
const isForGood = (error: unknown): boolean =>
  error instanceof RefusedError && !error.problem.retryable && [400, 404, 410, 413, 422].includes(error.status);
