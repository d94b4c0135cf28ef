/** Watches as a signed-in browser does: holds the live streams open and takes the age of each new observation when its event is there. */
import type { ClusterView } from '../lib/domain/topology/model.ts';

interface Options {
  url: string;
  cookie: string;
  /** Clusters whose pages are open. */
  slugs: readonly string[];
}

/** Ages of observations are compared with this machine's clock, by which the simulated agents send. */
export class BrowserEvents {
  readonly #options: Options;
  readonly #abort = new AbortController();
  readonly #seen = new Map<string, string>();
  readonly #agesMs: number[] = [];
  readonly #streams: Promise<void>[];
  #failure: Error | null = null;

  constructor(options: Options) {
    this.#options = options;
    // The overview is open too: its stream makes the web application read every cluster that changes.
    this.#streams = [
      this.#follow('/api/live/clusters', () => undefined),
      ...options.slugs.map((slug) => this.#follow(`/api/live/clusters/${slug}`, (views) => this.#take(views))),
    ];
  }

  async #follow(path: string, take: (views: ClusterView[]) => void): Promise<void> {
    try {
      const response = await fetch(this.#options.url + path, { headers: { cookie: this.#options.cookie }, signal: this.#abort.signal });
      if (!response.ok || response.body === null) throw new Error(`${path} answered ${response.status}.`);
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of response.body) {
        text += decoder.decode(chunk, { stream: true });
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const data = event.startsWith('event: clusters\ndata: ') ? event.slice('event: clusters\ndata: '.length) : null;
          if (data !== null) take((JSON.parse(data) as { clusters: ClusterView[] }).clusters);
        }
      }
      throw new Error(`${path} ended.`);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#failure = error as Error;
    }
  }

  #take(views: readonly ClusterView[]): void {
    const nowMs = Date.now();
    for (const { name, observedAt } of views.flatMap(({ nodes }) => nodes)) {
      if (observedAt === null || this.#seen.get(name) === observedAt) continue;
      // The first event of a stream repeats the page, and is not counted.
      if (this.#seen.has(name)) this.#agesMs.push(nowMs - Date.parse(observedAt));
      this.#seen.set(name, observedAt);
    }
  }

  /** Ends watching; ages in milliseconds, in the order in which they came. @throws what ended a stream before. */
  async stop(): Promise<number[]> {
    this.#abort.abort();
    await Promise.all(this.#streams);
    if (this.#failure !== null) throw this.#failure;
    return this.#agesMs;
  }
}
