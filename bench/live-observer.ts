/** Watches as the web process does: on each notice the named views are read, and the newest observation's age is taken. */
import pg from 'pg';
import { LIVE_CHANNEL, parseLivePayload } from '../lib/db/ground/channels.ts';
import { listen, type Listener } from '../lib/db/ground/listen.ts';
import type { ClusterView } from '../lib/domain/topology/model.ts';

/** The value below which `share` of a sorted list lies; NaN when it is empty. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export class LiveObserver {
  readonly #pool: pg.Pool;
  readonly #listener: Listener;
  readonly #slugs: ReadonlySet<string>;
  readonly #seen = new Map<string, string>();
  readonly #agesMs: number[] = [];
  #stopped: Promise<number[]> | null = null;

  constructor(url: string, slugs: readonly string[]) {
    this.#slugs = new Set(slugs);
    this.#pool = new pg.Pool({ connectionString: url, max: 2 });
    this.#pool.on('error', () => undefined);
    this.#listener = listen(url, [LIVE_CHANNEL], (notice) => {
      if (notice.kind !== 'message') return;
      const { clusters } = parseLivePayload(notice.payload);
      const watched = [...this.#slugs].filter((slug) => clusters === '*' || clusters.includes(slug));
      if (watched.length > 0) this.#read(watched).catch(() => undefined);
    });
  }

  async #read(slugs: readonly string[]): Promise<void> {
    const { rows } = await this.#pool.query<{ view: ClusterView }>(
      'SELECT view FROM cluster_latest l JOIN cluster c ON c.id = l.cluster_id WHERE c.slug = ANY ($1)',
      [slugs],
    );
    const nowMs = Date.now();
    // Every node whose observation is new in this view: that is how long its sample took to be readable here.
    for (const { name, observedAt } of rows.flatMap(({ view }) => view.nodes)) {
      if (observedAt === null || this.#seen.get(name) === observedAt) continue;
      if (this.#seen.has(name)) this.#agesMs.push(nowMs - Date.parse(observedAt));
      this.#seen.set(name, observedAt);
    }
  }

  /** Ends watching; ages in milliseconds, in the order in which they were seen. */
  stop(): Promise<number[]> {
    return (this.#stopped ??= (async () => {
      await this.#listener.stop();
      await this.#pool.end();
      return this.#agesMs;
    })());
  }
}
