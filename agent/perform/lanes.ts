/** Keeps the lanes of an agent: who waits in which, what is under way, and who interrupts whom (lib/agent-contract/verbs/verb.ts). */
import { WAIT_BEHIND_MAX_MS } from '../../lib/agent-contract/commands.ts';
import { definitionOf } from '../../lib/agent-contract/verbs.ts';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import type { Lane } from '../../lib/agent-contract/verbs/verb.ts';
import { PerformFailed } from './performer.ts';
import type { Running } from './run-command.ts';

const WAITING_MAX = 32;
/** An interrupted command has this long to end. */
const INTERRUPTED_GRACE_MS = 1000;

export interface UnderWay {
  command: string;
  verb: Verb;
  /** `controller`, `agent`, or `local:USER`. */
  by: string;
  since: string;
  untilMs: number;
  running: Running;
}

export interface Waiting {
  command: string;
  verb: Verb;
  deadlineMs: number;
  /** Called when its turn has come. Never rejects. */
  begin: () => Promise<void>;
  /** Called instead of `begin` when it is not to be performed any more. */
  drop: (reason: string) => void;
}

interface Queue {
  waiting: Waiting[];
  /** Commands that wait for no turn; anyone who waits for one waits for these too. */
  urgent: Set<Promise<void>>;
  turn: Promise<void> | null;
}

/** From the least pressing to the most. */
const PRESSURE = ['server-commands', 'before-steering', 'before-everything'] as const;
type Pressure = (typeof PRESSURE)[number];

/** `null` = it interrupts nothing. */
function pressureOf(verb: Verb): Pressure | null {
  const { urgency, lane } = definitionOf(verb);
  if (urgency !== 'in-turn') return urgency;
  return lane === 'server' ? 'server-commands' : null;
}

function yieldsTo(verb: Verb, pressure: Pressure): boolean {
  const { yields } = definitionOf(verb);
  return yields !== 'never' && PRESSURE.indexOf(yields.to) <= PRESSURE.indexOf(pressure);
}

/** True if `underWay` is interrupted for `arriving`. Pure: the simulator uses it too. */
export function yieldsToCommand(underWay: Verb, arriving: Verb): boolean {
  const pressure = pressureOf(arriving);
  return pressure !== null && underWay !== arriving && yieldsTo(underWay, pressure);
}

export const isInTurn = (verb: Verb): boolean => {
  const { lane, urgency } = definitionOf(verb);
  return lane !== 'look' && urgency === 'in-turn';
};

export class Lanes {
  readonly #queues = new Map<Lane, Queue>();
  #underWay: UnderWay[] = [];

  get underWay(): readonly UnderWay[] {
    return this.#underWay;
  }

  /** Why a command must not wait in its lane, as a sentence; `null` = it may. */
  whyNotWait(verb: Verb, deadlineMs: number): string | null {
    const { lane } = definitionOf(verb);
    const occupant = this.#occupantOf(lane);
    const isFull = this.#queueOf(lane).waiting.length >= WAITING_MAX;
    const remainingMs = (occupant?.untilMs ?? 0) - performance.now();
    if (!isFull && remainingMs <= Math.max(WAIT_BEHIND_MAX_MS, deadlineMs)) return null;
    const what = occupant === null || isFull ? `${WAITING_MAX} commands that wait` : described(occupant);
    return `The agent is busy with ${what}. Wait for its end, or cancel it.`;
  }

  /** Takes its place in the lane of its verb. */
  enter(waiting: Waiting): void {
    const queue = this.#queueOf(definitionOf(waiting.verb).lane);
    queue.waiting.push(waiting);
    queue.turn ??= this.#work(queue);
  }

  /** Begins at once. Who waits for a turn in the lane of `verb` waits for its end, and so can't begin while others are interrupted for it. */
  async passing<T>(verb: Verb, task: () => Promise<T>): Promise<T> {
    const { urgent } = this.#queueOf(definitionOf(verb).lane);
    const work = task();
    const ended = work.then(
      () => undefined,
      () => undefined,
    );
    urgent.add(ended);
    void ended.then(() => urgent.delete(ended));
    return work;
  }

  /** Resolves when it is its turn; the lane is free again when what `release` is called for has ended. */
  turnOf(asked: Omit<Waiting, 'begin' | 'drop'>): Promise<{ release: () => void }> {
    return new Promise((resolve, reject) => {
      const begin = (): Promise<void> => new Promise((release) => resolve({ release }));
      this.enter({ ...asked, begin, drop: (reason) => reject(new Error(reason)) });
    });
  }

  /** Work still running in the verb's lane: a command that overran its deadline. */
  stillThere(verb: Verb): UnderWay | null {
    return this.#occupantOf(definitionOf(verb).lane);
  }

  begun(entry: UnderWay): void {
    this.#underWay.push(entry);
    void entry.running.settled.then(() => this.ended(entry));
  }

  ended(entry: UnderWay): void {
    this.#underWay = this.#underWay.filter((one) => one !== entry);
  }

  /**
   * Interrupts what has to yield to `verb`, and waits a little for its end.
   * @returns what is still at work then; `null` = nothing had to yield.
   */
  async makeWayFor(verb: Verb, nodeName: string): Promise<UnderWay[] | null> {
    const others = this.#underWay.filter((one) => yieldsToCommand(one.verb, verb));
    for (const { running, verb: interrupted } of others) {
      const { yields } = definitionOf(interrupted);
      const leaves = yields === 'never' ? '' : yields.leaves;
      running.interrupt(new PerformFailed('cancelled', `It was interrupted for ${verb} on ${nodeName}. ${leaves}`.trim(), null));
    }
    if (others.length === 0) return null;
    const ended = Promise.allSettled(others.map(({ running }) => running.settled));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, INTERRUPTED_GRACE_MS))]);
    return others.filter(({ running }) => !running.isSettled());
  }

  /** @returns whether such a command waited or was under way. */
  async cancel(command: string): Promise<boolean> {
    for (const queue of this.#queues.values()) {
      const found = queue.waiting.find((one) => one.command === command);
      if (found === undefined) continue;
      queue.waiting = queue.waiting.filter((one) => one !== found);
      found.drop('It was cancelled before its turn came.');
      return true;
    }
    const target = this.#underWay.find((one) => one.command === command);
    if (target === undefined) return false;
    target.running.interrupt(new PerformFailed('cancelled', 'It was cancelled on request.', null));
    await target.running.result;
    return true;
  }

  /** Forgets who waits, interrupts what is under way, and waits for its end, at most so long. */
  async stop(deadlineMs: number): Promise<void> {
    for (const queue of this.#queues.values()) queue.waiting = [];
    const ended = Promise.allSettled(this.#underWay.map(({ running }) => running.result));
    for (const { running } of this.#underWay) running.interrupt(new PerformFailed('cancelled', 'The agent was stopped.', null));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, deadlineMs).unref())]);
  }

  #queueOf(lane: Lane): Queue {
    const queue = this.#queues.get(lane) ?? { waiting: [], urgent: new Set(), turn: null };
    this.#queues.set(lane, queue);
    return queue;
  }

  #occupantOf(lane: Lane): UnderWay | null {
    return lane === 'look' ? null : (this.#underWay.find(({ verb }) => definitionOf(verb).lane === lane) ?? null);
  }

  async #work(queue: Queue): Promise<void> {
    // Let the caller note that a turn has begun.
    await Promise.resolve();
    for (let next = queue.waiting.shift(); next !== undefined; next = queue.waiting.shift()) {
      while (queue.urgent.size > 0) await Promise.allSettled([...queue.urgent]);
      await next.begin();
    }
    queue.turn = null;
  }
}

/** Such as “clone since …”, and who asked for it when that was not the controller. */
export function described({ verb, by, since }: UnderWay): string {
  const who = by === 'controller' ? '' : ` (asked for by ${by})`;
  return `${verb}${who} since ${since}`;
}
