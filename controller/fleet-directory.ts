/**
 * The registered fleet in memory: who may speak (gateway) and what is expected (evaluator). Read again every few seconds and
 * whenever the database says that it changed, so that a lock or a retirement also ends what continues over open connections.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import { loadFleet, type FleetCluster, type FleetNode } from '../lib/db/fleet/fleet.ts';

const REFRESH_EVERY_MS = 4_000;
/** When a whole fleet restarts, thousands of notices come within seconds. */
const CHANGES_TOGETHER_MS = 150;
/** Older knowledge may miss a revocation: nobody is let in on it (the requirement is 60 s). */
const STALE_AFTER_MS = 45_000;

export interface KnownNode {
  node: FleetNode;
  cluster: FleetCluster;
}

export class FleetDirectory {
  readonly #pool: pg.Pool;
  readonly #log: Logger;
  #clusters: readonly FleetCluster[] = [];
  #byUuid = new Map<string, KnownNode>();
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | null = null;
  #queued: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;

  constructor(pool: pg.Pool, log: Logger) {
    this.#pool = pool;
    this.#log = log;
  }

  /** Loads once, failing if that fails, and keeps itself up to date from then on. */
  async start(): Promise<void> {
    await this.#load();
    this.#timer = setInterval(() => this.#refreshLogged(), REFRESH_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#soon !== null) clearTimeout(this.#soon);
  }

  get clusters(): readonly FleetCluster[] {
    return this.#clusters;
  }

  /** False when the database has been away for so long that a revocation could have been missed. */
  get trustworthy(): boolean {
    return performance.now() - this.#loadedAtMs < STALE_AFTER_MS;
  }

  /** `null` = not registered, or retired. */
  node(uuid: string): KnownNode | null {
    return this.#byUuid.get(uuid) ?? null;
  }

  /** Something changed: read again soon, once for many changes. Errors are logged; what is known stays until it is too old. */
  changed(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#refreshLogged();
    }, CHANGES_TOGETHER_MS);
    this.#soon.unref();
  }

  /** A new instance speaks for the node, as this process has just recorded: known at once, without reading the fleet. */
  noteInstance(uuid: string, instanceId: string, supersededInstance: string | null): void {
    const identity = this.#byUuid.get(uuid)?.node.identity;
    if (identity != null) Object.assign(identity, { instanceId, supersededInstance });
  }

  #refreshLogged(): void {
    this.refresh().catch((error: unknown) => this.#log.warn({ err: error }, 'the fleet could not be read; continuing with what is known'));
  }

  /** Resolves after a read that began after this call, so that the caller sees every change committed before it. */
  refresh(): Promise<void> {
    if (this.#loading === null) {
      this.#loading = this.#load().finally(() => (this.#loading = null));
      return this.#loading;
    }
    // The read under way may have begun before the change: one more follows it, shared by all who ask meanwhile.
    this.#queued ??= this.#loading
      .catch(() => undefined)
      .then(() => {
        this.#queued = null;
        return this.refresh();
      });
    return this.#queued;
  }

  async #load(): Promise<void> {
    const startedAtMs = performance.now();
    const clusters = await loadFleet(this.#pool);
    this.#clusters = clusters;
    this.#byUuid = new Map(clusters.flatMap((cluster) => cluster.nodes.map((node) => [node.uuid, { node, cluster }] as const)));
    this.#loadedAtMs = startedAtMs;
  }
}
