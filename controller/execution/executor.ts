/** The leader's hand: drives every operation that has not ended, beginning with those that an earlier controller left. */
import { repeat, type Periodic } from '../periodic.ts';
import { loadDriven, unfinishedOperations } from '../../lib/db/operations/operations.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { Drive } from './drive.ts';
import type { DriveEnd } from './drive.ts';
import type { DriveOptions } from './drive-options.ts';
import type { ViewSource } from './view-source.ts';

/** Notices tell of each operation at once; this finds what a lost notice did not tell, and what another controller gave up. */
const DISCOVER_EVERY_MS = 5_000;

export type ExecutorOptions = DriveOptions & { views: ViewSource };

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #drives = new Map<string, Drive>();
  #leading = false;
  /** True once all unfinished operations are known. Before that, each cluster may have some. */
  #complete = false;
  #discovery: Periodic | null = null;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Operations that are driven here: under way, and waiting for approval or for their start. */
  get counters(): { running: number; waiting: number } {
    const running = [...this.#drives.values()].filter(({ occupies }) => occupies !== null).length;
    return { running, waiting: this.#drives.size - running };
  }

  /** An operation of the leadership lane is in progress in this cluster. Doubt means yes. */
  isLeadershipMoving(clusterId: number): boolean {
    return !this.#complete || this.#occupied(clusterId).some(({ lane }) => lane === 'leadership');
  }

  /** An operation in progress has this node for itself. Doubt means yes. */
  isOccupied(clusterId: number, node: string): boolean {
    return !this.#complete || this.#occupied(clusterId).some(({ lane, has }) => lane !== 'drill' && (has === null || has.includes(node)));
  }

  #occupied(clusterId: number) {
    return [...this.#drives.values()].flatMap(({ occupies }) => (occupies?.clusterId === clusterId ? [occupies] : []));
  }

  gained(): void {
    this.#leading = true;
    this.#complete = false;
    this.#options.views.clear();
    this.#options.stamps.clear();
    this.#discovery = repeat('operations', DISCOVER_EVERY_MS, this.#options.log, () => this.#discover());
  }

  /** Ends at once: nothing more is written or sent. Agents continue commands in progress. */
  async lost(): Promise<void> {
    this.#leading = false;
    this.#complete = false;
    const discovery = this.#discovery;
    this.#discovery = null;
    for (const drive of this.#drives.values()) drive.stop();
    this.#drives.clear();
    await discovery?.stop();
  }

  /** An operation was requested, decided about, wished something of, or has a new event. */
  noticed(operation: string): void {
    if (!this.#leading) return;
    const drive = this.#drives.get(operation);
    if (drive !== undefined) drive.noticed();
    else void this.#look(operation);
  }

  /** The result of a command was stored. */
  commandDone(command: string): void {
    for (const drive of this.#drives.values()) drive.commandDone(command);
  }

  /** Notices may have been missed. */
  lookAgain(): void {
    if (!this.#leading) return;
    for (const drive of this.#drives.values()) drive.lookAgain();
    void this.#discover().catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'operations could not be looked for; trying again'),
    );
  }

  viewRenewed(clusterId: number, view: ClusterView): void {
    this.#options.views.renewed(clusterId, view);
  }

  async #look(operation: string): Promise<void> {
    try {
      const { pool, stamps } = this.#options;
      if (!this.#complete) await stamps.load(pool);
      const found = await loadDriven(pool, operation);
      if (found !== null && !isEnded(found.state)) this.#drive(operation);
    } catch (error) {
      this.#options.log.warn({ err: error, operation }, 'an operation could not be read; it is looked for again');
    }
  }

  async #discover(): Promise<void> {
    const { pool, stamps } = this.#options;
    if (!this.#complete) await stamps.load(pool);
    const found = await unfinishedOperations(pool);
    if (!this.#leading) return;
    for (const { id } of found) this.#drive(id);
    this.#complete = true;
  }

  #drive(operation: string): void {
    if (!this.#leading || this.#drives.has(operation)) return;
    const drive = new Drive(operation, this.#options);
    this.#drives.set(operation, drive);
    void drive.run().then((end) => this.#ended(operation, drive, end));
  }

  #ended(operation: string, drive: Drive, end: DriveEnd): void {
    if (this.#drives.get(operation) === drive) this.#drives.delete(operation);
    if (end === 'taken') this.#options.log.warn({ operation }, 'another controller writes the journal of this operation');
  }
}
