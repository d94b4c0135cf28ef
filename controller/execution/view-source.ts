/** The newest view of each cluster that this controller has computed and stored, for steps that wait to see something. */
import type { ClusterView } from '../../lib/domain/topology/model.ts';

interface OwnView {
  view: ClusterView;
  computedAtMs: number;
}

export type ViewListener = (view: ClusterView) => void;

export class ViewSource {
  readonly #latest = new Map<number, OwnView>();
  #clearedAtMs = performance.now();
  readonly #listeners = new Map<number, Set<ViewListener>>();

  /** Since this controller leads. */
  get leadingForMs(): number {
    return performance.now() - this.#clearedAtMs;
  }

  latest(clusterId: number): ClusterView | null {
    return this.#latest.get(clusterId)?.view ?? null;
  }

  /** How old that view is by this process's monotonic clock; `null` = this leadership has computed none. */
  ageMs(clusterId: number): number | null {
    const own = this.#latest.get(clusterId);
    return own === undefined ? null : performance.now() - own.computedAtMs;
  }

  renewed(clusterId: number, view: ClusterView): void {
    this.#latest.set(clusterId, { view, computedAtMs: performance.now() });
    for (const listener of [...(this.#listeners.get(clusterId) ?? [])]) listener(view);
  }

  /** Calls `listener` with each view from now on; the function returned ends that. */
  follow(clusterId: number, listener: ViewListener): () => void {
    const listeners = this.#listeners.get(clusterId) ?? new Set();
    this.#listeners.set(clusterId, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Views of an earlier leadership are not used again. */
  clear(): void {
    this.#latest.clear();
    this.#clearedAtMs = performance.now();
  }
}
