/** The side of the agent that acts: leadership, guard, commands and the journal, put together. Only with a [control] section. */
import { randomUUID } from 'node:crypto';
import type { Authority } from '../../lib/agent-contract/commands.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import { ArchiveHoldWatch } from './speed/restore-command-hold-watch.ts';
import { LeadershipFile } from '../authority/leadership-file.ts';
import { Guard } from '../authority/guard.ts';
import { highestOrder } from '../authority/rules.ts';
import type { Leadership } from '../authority/rules.ts';
import type { AgentConfig } from '../config.ts';
import { CommandJournal } from '../journal/command-journal.ts';
import { CommandLink } from '../link/commands.ts';
import type { ClockOffset } from '../link/clock-offset.ts';
import type { StoredIdentity } from '../link/identity.ts';
import { breakGlass } from '../local/break-glass.ts';
import type { LocalAnswer, LocalRequest } from '../local/protocol.ts';
import { serveLocally } from '../local/socket.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { Obstacles } from './obstacles.ts';
import { CommandRunner } from './command-runner.ts';
import { loadCritical, loadPerformer } from './performers.ts';
import type { Sampled } from '../observe/collector.ts';
import { Quiet } from './speed/debounce-after-commands.ts';

/** A command in progress when the agent ends has this long to say how far it came. */
const STOP_DEADLINE_MS = 1000;
const PEERS_MAX = 64;
const OBSTACLES_MAX = 16;

export interface ActingOptions {
  config: AgentConfig;
  instanceId: string;
  dataDirectory: () => string | null;
  lastSample: () => Sampled | null;
  /** Why the state directory, and the journal in it, can't be written; `null` = they can. */
  stateProblem: () => string | null;
  clock: () => ClockOffset;
  /** Something changed that is worth observing at once. */
  observeSoon: () => void;
  /** The same, and often for a while, some seconds unless told otherwise: it keeps changing. */
  observeOften: (forMs?: number) => void;
  log: Log;
}

/** Uuid of `spiffe://<install>/node/<uuid>`. */
const nodeUuidOf = (identity: string): string => identity.slice(identity.lastIndexOf('/') + 1);

export class Acting {
  readonly #options: ActingOptions;
  readonly #journal: CommandJournal;
  readonly #keeper: LeadershipFile;
  readonly #guard: Guard;
  readonly #link: CommandLink;
  readonly #obstacles: Obstacles;
  readonly #holdWatch: ArchiveHoldWatch;
  readonly runner: CommandRunner;
  #node: { name: string; cluster: string } | null = null;
  #local: { close: () => Promise<void> } | null = null;
  #warm = false;
  /** Verbs that have ended, whose effect is to be seen. */
  readonly #quiet = new Quiet<Verb>((ended) => (ended.length === 0 ? this.#link.journaled() : this.#look(ended)));

  constructor(options: ActingOptions) {
    const { config, log, instanceId } = options;
    const stateDirectory = config.agent.state_directory;
    this.#options = options;
    this.#journal = new CommandJournal(stateDirectory);
    if (this.#journal.broken !== null) log.error('journal-broken', { message: this.#journal.broken });
    if (this.#journal.tornBytes > 0)
      log.warn('journal-torn', {
        message: 'The last line was half written, as a crash leaves it; it was cut off.',
        bytes: this.#journal.tornBytes,
      });
    this.#keeper = new LeadershipFile(stateDirectory, this.#journal, log);
    this.#obstacles = new Obstacles(config, log);
    this.#guard = new Guard({
      keeper: this.#keeper,
      dataDirectory: options.dataDirectory,
      isFencing: () => this.runner.isFencing,
      isPerforming: () => this.runner.performing.length > 0,
      onFenced: () => this.#look([]),
      log,
    });
    this.runner = new CommandRunner({
      config,
      keeper: this.#keeper,
      load: loadPerformer,
      enforce: () => this.#guard.enforce(),
      isStreaming: () => options.lastSample()?.postgres?.walReceiver?.status === 'streaming',
      clock: () => ({ nowMs: Date.now(), offsetMs: options.clock().offsetMs }),
      onResult: (outgoing) => this.#link.send(outgoing),
      onProgress: (command, progress) => this.#link.progress(command, progress),
      onStarted: () => this.#started(),
      onChanged: (verb) => this.#quiet.stir(verb),
      log,
    });
    this.#holdWatch = new ArchiveHoldWatch({ config, runner: this.runner, term: () => this.#keeper.state.termSeen, log });
    this.#link = new CommandLink({
      ...{ stateDirectory, instanceId, runner: this.runner, journal: this.#journal, log },
      observeOften: (forMs) => options.observeOften(forMs),
    });
    this.runner.settleLeftovers();
  }

  /** For a command line while no agent runs: without guard, link or checks. */
  static forOneAct(config: AgentConfig, log: Log): Acting {
    return new Acting({
      config,
      instanceId: randomUUID(),
      dataDirectory: () => config.postgres.data_directory ?? null,
      lastSample: () => null,
      stateProblem: () => null,
      clock: () => ({ offsetMs: null, uncertaintyMs: null }),
      observeSoon: () => undefined,
      observeOften: () => undefined,
      log,
    });
  }

  get leadership(): Leadership {
    return this.#keeper.state;
  }

  async start(): Promise<void> {
    const { config, log } = this.#options;
    this.#guard.start();
    this.#obstacles.start();
    this.#holdWatch.start();
    try {
      this.#local = await serveLocally(config.agent.state_directory, (request) => this.#answerLocally(request), log);
    } catch (error) {
      log.error('local-socket', { message: messageOf(error) });
    }
  }

  /** Joined, or renewed: commands are taken from now on. */
  use(identity: StoredIdentity): void {
    this.identify(identity);
    this.#link.use(identity);
  }

  identify(identity: StoredIdentity): void {
    this.#node = { name: identity.nodeName, cluster: identity.clusterSlug };
    this.runner.identify({
      node: nodeUuidOf(identity.identity),
      nodeName: identity.nodeName,
      cluster: identity.clusterSlug,
      commandKeyPem: identity.commandKeyPem ?? null,
    });
  }

  /** As each observation carries it. */
  authority(): Authority {
    const { termSeen, role, leaderTerm, fenced, unusable } = this.#keeper.state;
    const { notConfigured } = this.runner;
    const own = [notConfigured, this.#journal.broken, this.#options.stateProblem()].filter((sentence) => sentence !== null);
    return {
      termSeen,
      commandOrder: highestOrder(this.#keeper.state),
      role,
      leaderTerm,
      fenced,
      unusable,
      performing: this.runner.performing.slice(0, 8),
      journal: this.#journal.head,
      obstacles: [...own, ...this.#obstacles.sentences].map((sentence) => sentence.slice(0, 300)).slice(0, OBSTACLES_MAX),
      poolers: this.#obstacles.poolers.slice(0, 8),
      peers: Object.keys(this.#options.config.peers).slice(0, PEERS_MAX),
    };
  }

  /** Puts old segments of the journal away, while no command runs. Never throws. */
  async tidy(nowMs: number): Promise<void> {
    if (this.runner.performing.length === 0) await this.#journal.tidy(nowMs);
  }

  async stop(): Promise<void> {
    this.#quiet.stop();
    this.#obstacles.stop();
    this.#holdWatch.stop();
    await this.runner.stop(STOP_DEADLINE_MS);
    await Promise.all([this.#guard.stop(), this.#link.stop(), this.#local?.close()]);
    this.#keeper.close();
    this.#journal.close();
  }

  #answerLocally(request: LocalRequest): Promise<LocalAnswer> {
    return breakGlass(request, { runner: this.runner, leadership: () => this.leadership, node: this.#node });
  }

  #started(): void {
    // Of the first of several: sending it also opens the connection that their results will take.
    if (!this.#quiet.isWaiting) this.#link.journaled();
    this.#quiet.stir();
    if (this.#warm) return;
    this.#warm = true;
    void loadCritical();
  }

  #look(after: readonly Verb[]): void {
    this.#link.journaled();
    if (after.some((verb) => definitionOf(verb).settles)) this.#options.observeOften();
    else this.#options.observeSoon();
    if (Object.keys(this.#options.config.poolers).length > 0) void this.#obstacles.lookAtPoolers();
  }
}
