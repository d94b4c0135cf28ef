/**
 * When commands are issued. An agent refuses what was issued before something that it has taken up, so that the times of one node's
 * commands only grow: also from one controller to the next, whose clocks may differ.
 */
import { newestIssues } from '../../lib/db/operations/agent-commands.ts';
import type { Queryable } from '../../lib/db/ground/pool.ts';

export class IssueClock {
  readonly #lastMs = new Map<number, number>();

  /** Goes on from what any controller has issued lately. */
  async load(client: Queryable): Promise<void> {
    for (const { nodeId, issuedAt } of await newestIssues(client)) {
      this.#lastMs.set(nodeId, Math.max(issuedAt.getTime(), this.#lastMs.get(nodeId) ?? 0));
    }
  }

  /** The time of the next command for this node, in milliseconds since the epoch. */
  next(nodeId: number): number {
    const atMs = Math.max(Date.now(), (this.#lastMs.get(nodeId) ?? 0) + 1);
    this.#lastMs.set(nodeId, atMs);
    return atMs;
  }
}
