/** The verbs that break and heal the links between peers: nodes, the write endpoints (`payments-endpoint`) and the `controller`. */
import type { Told } from './told.ts';
import { allNodes } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import type { Flow } from './proxy/flow.ts';

type Pair = [a: string, b: string];

const RTT_MAX_MS = 60_000;
const BITS_PER_SECOND_MIN = 8_000;

/** A provider's name (`aws`) stands for all its nodes. */
function peersNamed(state: LabState, name: string): string[] {
  const ofProvider = allNodes(state).filter(({ spec }) => spec.site.provider === name);
  if (ofProvider.length > 0) return ofProvider.map(({ spec }) => spec.name);
  const peers = state.ground.proxy.peers();
  if (!peers.includes(name)) throw new Error(`There is no peer "${name}". Peers: ${peers.join(', ')}.`);
  return [name];
}

/** Every existing link between the two. @throws when there is none. */
function pairs(state: LabState, a: string, b: string): Pair[] {
  const { proxy } = state.ground;
  const left = peersNamed(state, a);
  const right = peersNamed(state, b);
  const [first, second] = [left[0], right[0]];
  if (left.length === 1 && right.length === 1 && first !== undefined && second !== undefined) {
    proxy.flow(first, second);
    return [[first, second]];
  }
  const known = new Set(proxy.flows().map((flow) => `${flow.from}>${flow.to}`));
  const found = left.flatMap((one) => right.filter((other) => known.has(`${one}>${other}`)).map((other): Pair => [one, other]));
  if (found.length === 0) throw new Error(`There is no link between ${a} and ${b}: links exist within a cluster, and to the controller.`);
  return found;
}

function bothWays(state: LabState, [a, b]: Pair): Flow[] {
  return [state.ground.proxy.flow(a, b), state.ground.proxy.flow(b, a)];
}

/** @param options.oneWay only what travels from `a` to `b` is lost; answers still arrive. */
export async function cut(state: LabState, a: string, b: string, options: { oneWay?: boolean } = {}): Promise<Told> {
  for (const pair of pairs(state, a, b)) {
    const flows = options.oneWay ? [state.ground.proxy.flow(pair[0], pair[1])] : bothWays(state, pair);
    for (const flow of flows) flow.change({ cut: true });
  }
  return options.oneWay
    ? {
        did: `Nothing travels from ${a} to ${b} any more; the other way is open. No connection was reset: packets just vanish.`,
        look: `the edge between ${a} and ${b} turns once the silent side times out (10 s). Mend: heal`,
      }
    : {
        did: `The link between ${a} and ${b} is cut both ways. No connection was reset: packets just vanish.`,
        look: `the edge between ${a} and ${b} turns, and both nodes keep running. Fix: heal`,
      };
}

/** @param rttMs the round trip from now on, in milliseconds. */
export async function delay(state: LabState, a: string, b: string, rttMs: number): Promise<Told> {
  if (!Number.isFinite(rttMs) || rttMs < 0 || rttMs > RTT_MAX_MS)
    throw new Error(`"${rttMs}" is not a delay. Give milliseconds from 0 to ${RTT_MAX_MS}.`);
  for (const pair of pairs(state, a, b)) for (const flow of bothWays(state, pair)) flow.change({ delayMs: rttMs / 2 });
  return {
    did: `The round trip between ${a} and ${b} now takes ${rttMs} ms.`,
    look: `write and replay lag on the edge between ${a} and ${b}`,
  };
}

export async function throttle(state: LabState, a: string, b: string, bitsPerSecond: number): Promise<Told> {
  if (!Number.isFinite(bitsPerSecond) || bitsPerSecond < BITS_PER_SECOND_MIN) {
    throw new Error(`"${bitsPerSecond}" is not a rate. Give bits per second, at least ${BITS_PER_SECOND_MIN}.`);
  }
  for (const pair of pairs(state, a, b)) for (const flow of bothWays(state, pair)) flow.change({ bitsPerSecond });
  return {
    did: `The link between ${a} and ${b} now carries ${bitsPerSecond} bit/s each way.`,
    look: `transport lag on the edge between ${a} and ${b}`,
  };
}

/** Every open connection between the two is reset; new ones may be made at once. */
export async function reset(state: LabState, a: string, b: string): Promise<Told> {
  const count = pairs(state, a, b).reduce((sum, [one, other]) => sum + state.ground.proxy.reset(one, other), 0);
  return { did: `Reset ${count} connections between ${a} and ${b}.`, look: 'the stream is back within a second' };
}

/** @returns what was healed, as phrases. */
export function healLinks(state: LabState): string[] {
  const faulty = state.ground.proxy.flows().filter((flow) => flow.faulty);
  for (const flow of faulty) flow.heal();
  return [...new Set(faulty.map((flow) => `the link ${[flow.from, flow.to].sort().join(' – ')}`))];
}
