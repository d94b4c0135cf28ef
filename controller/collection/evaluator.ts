/**
 * Runs the leader's loop: clusters with news at once (bundled), every cluster at least each second, because silence is news too. A
 * conclusion is adopted only after it was written: a failed write is concluded again.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FleetCluster } from '../../lib/db/fleet/fleet.ts';
import { OutdatedLeader } from '../../lib/db/ground/leader-epoch.ts';
import { isAboutContent } from '../../lib/db/ground/problem.ts';
import { findingStateFrom } from '../../lib/domain/findings/hysteresis.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import type { FleetDirectory } from '../fleet-directory.ts';
import { clusterInput, recordedLeadership } from './cluster-input.ts';
import { evaluateCluster, type ClusterMemory, type Evaluation } from './evaluate-cluster.ts';
import type { LiveState } from './live-state.ts';
import { WakeableSleep } from '../../lib/runtime/wakeable-sleep.ts';

/** News of a cluster waits this long for more of it. */
const PASS_EVERY_MIN_MS = 200;
/** However busy: the silence of a node must be noticed, and a sample must reach the screen within a second. */
const PASS_EVERY_MAX_MS = 450;
const EVALUATE_AT_LEAST_EVERY_MS = 1_000;
/** The boards of the slots and archive pages, which are polled each 3 s. */
const BOARDS_EVERY_MS = 2_000;
/** A pass is followed by a rest of this many times its own length, so that evaluating takes a bounded share of a core. */
const REST_PER_WORK = 2;
/** Samples must be taken in while a large fleet is evaluated. */
const WORK_SLICE_MS = 15;
const ERROR_LOG_EVERY_MS = 30_000;

export interface EvaluatedCluster {
  cluster: FleetCluster;
  evaluation: Evaluation;
  before: ClusterMemory;
}

export interface EvaluatorOptions {
  fleet: FleetDirectory;
  live: LiveState;
  /** Open findings and records from before this controller began to lead. */
  loadMemories: () => Promise<Map<number, ClusterMemory>>;
  /** False while an operation or a person's own act changes the leadership. */
  mayConclude: (cluster: FleetCluster) => boolean;
  /** A view was stored. */
  onWritten: (cluster: FleetCluster, view: ClusterView) => void;
  /** Writes all of it in one transaction; returns what was written. */
  write: (evaluated: readonly EvaluatedCluster[], nowMs: number) => Promise<readonly EvaluatedCluster[]>;
  /** Another controller leads: this one must stop. */
  onOutdated: (reason: string) => void;
  log: Logger;
}

export interface EvaluatorCounters {
  passes: number;
  evaluations: number;
  evaluationFailures: number;
  writeFailures: number;
  lastPassMs: number;
  /** By the monotonic clock of this process. */
  lastWrittenAtMs: number | null;
}

export class Evaluator {
  readonly counters: EvaluatorCounters = {
    passes: 0,
    evaluations: 0,
    evaluationFailures: 0,
    writeFailures: 0,
    lastPassMs: 0,
    lastWrittenAtMs: null,
  };
  readonly #options: EvaluatorOptions;
  readonly #news = new Set<number>();
  /** By the monotonic clock. */
  readonly #evaluatedAtMs = new Map<number, number>();
  readonly #boardsAtMs = new Map<number, number>();
  readonly #errorLoggedAtMs = new Map<string, number>();
  #memories = new Map<number, ClusterMemory>();
  #stopped = false;
  #running: Promise<void> | null = null;
  readonly #sleep = new WakeableSleep();

  constructor(options: EvaluatorOptions) {
    this.#options = options;
  }

  /** These clusters have news. */
  notice(clusterIds: Iterable<number>): void {
    for (const id of clusterIds) this.#news.add(id);
  }

  /** Loads what was open and evaluates until stopped. Resolves at once. */
  start(): void {
    this.#running = this.#run();
  }

  /** Ends after the pass under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sleep.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#memories = await this.#options.loadMemories();
        break;
      } catch (error) {
        this.#logError('memories', error, 'the open findings could not be read; trying again');
        await this.#rest(PASS_EVERY_MAX_MS);
      }
    }
    while (!this.#stopped) {
      const startedAt = performance.now();
      await this.#pass();
      const tookMs = performance.now() - startedAt;
      this.counters.passes += 1;
      this.counters.lastPassMs = tookMs;
      await this.#rest(Math.min(Math.max(tookMs * REST_PER_WORK, PASS_EVERY_MIN_MS), PASS_EVERY_MAX_MS));
    }
  }

  async #pass(): Promise<void> {
    const due = this.#dueClusters(performance.now());
    const evaluated: EvaluatedCluster[] = [];
    let sliceStartedAt = performance.now();
    for (const cluster of due) {
      const one = this.#evaluate(cluster, Date.now());
      if (one !== null) evaluated.push(one);
      if (performance.now() - sliceStartedAt < WORK_SLICE_MS) continue;
      await yieldToEvents();
      sliceStartedAt = performance.now();
    }
    if (evaluated.length > 0 && !this.#stopped) await this.#write(evaluated);
  }

  #dueClusters(nowMs: number): FleetCluster[] {
    const due = this.#options.fleet.clusters.filter(
      ({ id }) => this.#news.has(id) || nowMs - (this.#evaluatedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) >= EVALUATE_AT_LEAST_EVERY_MS,
    );
    this.#news.clear();
    return due;
  }

  /** `null` when a rule failed on this cluster: its view grows old and says so, and the others continue. */
  #evaluate(cluster: FleetCluster, nowMs: number): EvaluatedCluster | null {
    this.#evaluatedAtMs.set(cluster.id, performance.now());
    this.counters.evaluations += 1;
    try {
      const before = this.#memoryOf(cluster);
      const input = clusterInput(cluster, this.#options.live, before);
      const evaluation = evaluateCluster(input, before, nowMs, randomUUID, {
        mayConclude: this.#options.mayConclude(cluster),
        boardsDue: performance.now() - (this.#boardsAtMs.get(cluster.id) ?? Number.NEGATIVE_INFINITY) >= BOARDS_EVERY_MS,
      });
      return { cluster, before, evaluation };
    } catch (error) {
      this.counters.evaluationFailures += 1;
      this.#logError(`cluster ${cluster.slug}`, error, 'the evaluation of a cluster failed; its view is not renewed');
      return null;
    }
  }

  #memoryOf(cluster: FleetCluster): ClusterMemory {
    const known = this.#memories.get(cluster.id) ?? {
      findingState: findingStateFrom([]),
      openFindings: [],
      rpo: null,
      recentBounds: [],
      leadership: null,
      nodeChanges: {},
    };
    const recorded = recordedLeadership(cluster);
    // Any other writer of the leadership (an operation) has the higher term, and it holds.
    if (recorded === null || known.leadership === null) return recorded === null ? known : { ...known, leadership: recorded };
    const { term, holder, timeline } = known.leadership;
    // Under one term an opened one may be taken, and its timeline become known.
    const isLater =
      recorded.term === term && (recorded.holder !== holder || (recorded.timeline !== null && recorded.timeline !== timeline));
    const isNewer = recorded.term > term || isLater;
    return isNewer ? { ...known, leadership: recorded } : known;
  }

  async #write(evaluated: readonly EvaluatedCluster[]): Promise<void> {
    try {
      const written = await this.#options.write(evaluated, Date.now());
      this.#adopt(written);
      // Somebody else recorded a leadership: read it before the next evaluation.
      if (written.length < evaluated.length) this.#options.fleet.changed();
    } catch (error) {
      this.counters.writeFailures += 1;
      if (error instanceof OutdatedLeader) return this.#options.onOutdated(error.message);
      this.#logError('write', error, 'what was evaluated could not be written; evaluating again');
      if (!isAboutContent(error) || evaluated.length === 1) return;
      // Something in one cluster is refused by the database: the others are written without it.
      for (const one of evaluated) await this.#write([one]);
    }
  }

  #adopt(evaluated: readonly EvaluatedCluster[]): void {
    for (const { cluster, evaluation } of evaluated) {
      this.#memories.set(cluster.id, evaluation.memory);
      if (evaluation.boards !== null) this.#boardsAtMs.set(cluster.id, performance.now());
    }
    this.counters.lastWrittenAtMs = performance.now();
    for (const { cluster, evaluation } of evaluated) this.#options.onWritten(cluster, evaluation.view);
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stopped) return;
    await this.#sleep.sleep(ms);
  }

  #logError(about: string, error: unknown, message: string): void {
    const nowMs = performance.now();
    if (nowMs - (this.#errorLoggedAtMs.get(about) ?? Number.NEGATIVE_INFINITY) < ERROR_LOG_EVERY_MS) return;
    this.#errorLoggedAtMs.set(about, nowMs);
    this.#options.log.error({ err: error, about }, message);
  }
}
