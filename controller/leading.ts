/** Does the leader's work: evaluate the fleet, including what other controllers received, and drive operations. */
import type pg from 'pg';
import type { Logger } from 'pino';
import { listControllers } from '../lib/db/fleet/controllers.ts';
import { Evaluator, type EvaluatorCounters } from './collection/evaluator.ts';
import type { Intake } from './collection/intake.ts';
import type { LiveState } from './collection/live-state.ts';
import { OutcomeWriter, loadMemories } from './collection/outcome.ts';
import { readForeignReports, rebuildLiveState } from './collection/rebuild.ts';
import type { Executor } from './execution/executor.ts';
import type { Steward } from './execution/steward.ts';
import type { FleetDirectory } from './fleet-directory.ts';

/** Controllers whose last sign of life is older than this are gone; their hosts' clocks may differ a little. */
const CONTROLLER_GONE_MS = 30_000;
/** A node heard here within this time reports here, and need not be read from the database. */
const HEARD_HERE_MS = 4_000;
const REBUILD_RETRY_MS = 500;

export interface LeadingOptions {
  pool: pg.Pool;
  fleet: FleetDirectory;
  live: LiveState;
  intake: Intake;
  executor: Executor;
  steward: Steward;
  ownId: string;
  /** Gives the leadership up, because somebody else has it. */
  resign: (reason: string) => void;
  log: Logger;
}

export class Leading {
  readonly #options: LeadingOptions;
  #evaluator: Evaluator | null = null;
  /** Grows with each gain and loss, so that work begun under an earlier leadership ends itself. */
  #turn = 0;
  #othersAlive = false;
  #foreignClusters = new Set<number>();
  #foreignReading = false;

  constructor(options: LeadingOptions) {
    this.#options = options;
  }

  get counters(): EvaluatorCounters | null {
    return this.#evaluator?.counters ?? null;
  }

  /** Rebuilds the recent past and begins to evaluate. `epoch`: number of this leadership. */
  gained(epoch: number): void {
    this.#turn += 1;
    this.#options.executor.gained();
    void this.#options.steward.gained();
    void this.#begin(this.#turn, epoch);
  }

  /** Ends at once: nothing more is evaluated, a write under way is the last. */
  async lost(): Promise<void> {
    this.#turn += 1;
    const evaluator = this.#evaluator;
    this.#evaluator = null;
    this.#options.steward.lost();
    await Promise.all([this.#options.executor.lost(), evaluator?.stop()]);
  }

  /** These clusters have news that this process took in itself. */
  notice(clusterIds: Iterable<number>): void {
    this.#evaluator?.notice(clusterIds);
  }

  /** Some controller, perhaps this one, made samples of these clusters durable. */
  noticeForeign(clusterIds: readonly number[] | '*'): void {
    if (this.#evaluator === null || !this.#othersAlive) return;
    const ids = clusterIds === '*' ? this.#options.fleet.clusters.map(({ id }) => id) : clusterIds;
    for (const id of ids) this.#foreignClusters.add(id);
    void this.#readForeign();
  }

  /** Looks who else runs; with the first other controller, everything is read once, as its notices were not followed before. */
  async lookForOthers(nowMs: number): Promise<void> {
    const controllers = await listControllers(this.#options.pool);
    const alive = controllers.some(({ id, at }) => id !== this.#options.ownId && nowMs - at.getTime() < CONTROLLER_GONE_MS);
    const appeared = alive && !this.#othersAlive;
    this.#othersAlive = alive;
    if (appeared) this.noticeForeign('*');
  }

  async #begin(turn: number, epoch: number): Promise<void> {
    const { pool, live, fleet, executor, steward, resign, log } = this.#options;
    while (this.#turn === turn) {
      try {
        await fleet.refresh();
        await rebuildLiveState(pool, live, Date.now());
        break;
      } catch (error) {
        log.warn({ err: error }, 'the recent past could not be read; trying again');
        await new Promise((resolve) => setTimeout(resolve, REBUILD_RETRY_MS));
      }
    }
    if (this.#turn !== turn) return;
    const writer = new OutcomeWriter(pool, epoch, log);
    this.#evaluator = new Evaluator({
      fleet,
      live,
      loadMemories: () => loadMemories(pool),
      mayConclude: (cluster) => !executor.isLeadershipMoving(cluster.id) && !steward.willAdopt(cluster),
      onWritten: (cluster, view) => {
        executor.viewRenewed(cluster.id, view);
        void steward.look(cluster);
      },
      write: (evaluated, nowMs) => writer.write(evaluated, nowMs),
      onOutdated: (reason) => {
        if (this.#turn === turn) resign(reason);
      },
      log,
    });
    this.#evaluator.start();
    if (this.#othersAlive) this.noticeForeign('*');
  }

  async #readForeign(): Promise<void> {
    if (this.#foreignReading) return;
    this.#foreignReading = true;
    try {
      while (this.#foreignClusters.size > 0) {
        const clusterIds = this.#foreignClusters;
        this.#foreignClusters = new Set();
        const nodeIds = this.#options.fleet.clusters
          .filter(({ id }) => clusterIds.has(id))
          .flatMap(({ nodes }) => nodes.map(({ id }) => id))
          .filter((id) => !this.#options.intake.heardHere(id, HEARD_HERE_MS));
        await readForeignReports(this.#options.pool, this.#options.live, nodeIds);
        this.notice(clusterIds);
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'reports taken in by another controller could not be read; the next notice tries again');
    } finally {
      this.#foreignReading = false;
    }
  }
}
