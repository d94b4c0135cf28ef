/**
 * Hands committed commands to the agents that wait for them in this process, without a look at the database; commands that another
 * controller committed are looked up when its notice comes.
 */
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import type { WaitingCommand } from '../../lib/db/operations/agent-commands.ts';

/** A command whose operation is driven here: what the result must name, and who takes it. */
export interface ExpectedCommand {
  nodeId: number;
  operation: string | null;
  step: string;
  attempt: number;
  verb: string;
  /** Resolves when the result is durable; `false` = there was one already, which stands. */
  take(result: CommandResult): Promise<boolean>;
}

/**
 * The reason why a held request ends: with commands, to read the database, with nothing (or a wish to observe), or because this controller
 * stops.
 */
export type Wake = { kind: 'commands'; commands: readonly WaitingCommand[] } | { kind: 'look' } | { kind: 'nothing' } | { kind: 'closing' };

interface Held {
  have: ReadonlySet<string>;
  wake: (wake: Wake) => void;
}

export class CommandMailbox {
  readonly #held = new Map<number, Held>();
  /** Nodes to be observed often, until their next answer leaves. */
  readonly #toObserve = new Map<number, number>();
  readonly #expected = new Map<string, ExpectedCommand>();
  #closed = false;

  /** Requests held now. */
  get held(): number {
    return this.#held.size;
  }

  /**
   * Holds a request of this node until there is something for it, for `waitMs` at most. A newer request of the same node replaces it: the
   * older one's connection may be dead without anybody knowing.
   */
  hold(nodeId: number, have: readonly string[], waitMs: number): { woken: Promise<Wake>; leave: () => void } {
    this.#held.get(nodeId)?.wake({ kind: 'nothing' });
    const { promise, resolve } = Promise.withResolvers<Wake>();
    if (this.#closed) resolve({ kind: 'closing' });
    else if (this.#toObserve.has(nodeId)) resolve({ kind: 'nothing' });
    const leave = (): void => {
      clearTimeout(timer);
      if (this.#held.get(nodeId) === held) this.#held.delete(nodeId);
    };
    const held: Held = {
      have: new Set(have),
      wake: (wake) => {
        leave();
        resolve(wake);
      },
    };
    const timer = setTimeout(() => held.wake({ kind: 'nothing' }), waitMs);
    if (!this.#closed) this.#held.set(nodeId, held);
    return { woken: promise, leave };
  }

  /** Hands a command that is committed to the request that this node holds here; without one it waits in the database. */
  hand(nodeId: number, command: WaitingCommand): void {
    const held = this.#held.get(nodeId);
    if (held !== undefined && !held.have.has(command.id)) held.wake({ kind: 'commands', commands: [command] });
  }

  /** An operation waits to see this node: its agent is asked, with the next answer, which leaves now, to look often. */
  observeOften(nodeId: number, forMs: number): void {
    this.#toObserve.set(nodeId, forMs);
    this.#held.get(nodeId)?.wake({ kind: 'nothing' });
  }

  /** `null` = no such wish. */
  takeObserving(nodeId: number): number | null {
    const forMs = this.#toObserve.get(nodeId) ?? null;
    this.#toObserve.delete(nodeId);
    return forMs;
  }

  /** Some controller committed a command for this node. */
  look(nodeId: number): void {
    this.#held.get(nodeId)?.wake({ kind: 'look' });
  }

  /** Notices may have been missed. */
  lookAll(): void {
    for (const held of [...this.#held.values()]) held.wake({ kind: 'look' });
  }

  /** From now on the result of this command goes to its driver in this process; until `forget`. */
  expect(commandId: string, command: ExpectedCommand): void {
    this.#expected.set(commandId, command);
  }

  forget(commandId: string): void {
    this.#expected.delete(commandId);
  }

  /** `null`: nobody in this process waits for the result; it is stored. */
  expected(commandId: string): ExpectedCommand | null {
    return this.#expected.get(commandId) ?? null;
  }

  /** Lets everybody go, and holds nobody any more. */
  close(): void {
    this.#closed = true;
    for (const held of [...this.#held.values()]) held.wake({ kind: 'closing' });
  }
}
