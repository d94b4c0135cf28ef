/**
 * Numbers the commands of each node: a number, from blocks that this leader has reserved in the database, so that a later
 * leader's are higher whatever a clock says. Agents of an earlier release go by the time of issue, which therefore only grows too.
 */
import type { Logger } from 'pino';
import { newestIssues } from '../../lib/db/operations/agent-commands.ts';
import { ORDER_AHEAD_MAX, reserveOrders, type OrderBlock } from '../../lib/db/operations/command-order.ts';
import type { Queryable } from '../../lib/db/ground/pool.ts';

/** With fewer left, the next block is reserved: more than one step of an operation and the steward need meanwhile. */
const LEFT_MIN = 20;

export interface Stamp {
  issuedAtMs: number;
  /** `null`: its agent does not go by it. */
  order: number | null;
}

export class CommandStamps {
  readonly #lastIssuedMs = new Map<number, number>();
  readonly #blocks = new Map<number, OrderBlock>();
  readonly #reportedOrder: (nodeId: number) => number | null;
  readonly #log: Logger;

  /** @param reportedOrder the highest number that the agent of a node has taken up, as it last said; `null` = it does not go by numbers. */
  constructor(reportedOrder: (nodeId: number) => number | null, log: Logger) {
    this.#reportedOrder = reportedOrder;
    this.#log = log;
  }

  /** A leadership begins: blocks of an earlier one may be lower than what another controller has given since. */
  clear(): void {
    this.#blocks.clear();
  }

  /** Continues from the times that any controller has issued recently. */
  async load(client: Queryable): Promise<void> {
    for (const { nodeId, issuedAt } of await newestIssues(client)) {
      this.#lastIssuedMs.set(nodeId, Math.max(issuedAt.getTime(), this.#lastIssuedMs.get(nodeId) ?? 0));
    }
  }

  /** Sees to it that there are numbers for these nodes, above all that their agents have taken up. */
  async ensure(client: Queryable, nodeIds: readonly number[]): Promise<void> {
    const wishes = nodeIds.flatMap((nodeId) => {
      const reported = this.#reportedOrder(nodeId);
      return reported === null || this.#isEnough(nodeId, reported) ? [] : [{ nodeId, reported }];
    });
    for (const block of await reserveOrders(client, wishes)) {
      this.#blocks.set(block.nodeId, block);
      const reported = this.#reportedOrder(block.nodeId) ?? 0;
      if (block.after < reported) {
        this.#log.error(
          { nodeId: block.nodeId, reported, reserved: block.through },
          `an agent says that it has taken up commands with numbers more than ${ORDER_AHEAD_MAX} above any that were given; it refuses what it is given now`,
        );
      }
    }
  }

  /** Number and time of the next command for this node. Throws when `ensure` did not see to it. */
  next(nodeId: number): Stamp {
    const issuedAtMs = Math.max(Date.now(), (this.#lastIssuedMs.get(nodeId) ?? 0) + 1);
    this.#lastIssuedMs.set(nodeId, issuedAtMs);
    if (this.#reportedOrder(nodeId) === null) return { issuedAtMs, order: null };
    const block = this.#blocks.get(nodeId);
    if (block === undefined || block.after >= block.through) throw new Error(`No number is reserved for a command of node ${nodeId}.`);
    block.after += 1;
    return { issuedAtMs, order: block.after };
  }

  #isEnough(nodeId: number, reported: number): boolean {
    const block = this.#blocks.get(nodeId);
    if (block === undefined || block.through - block.after < LEFT_MIN) return false;
    // An agent whose claim is not believed must not cost a block at each look.
    return block.after >= reported || reported > block.through + ORDER_AHEAD_MAX;
  }
}
