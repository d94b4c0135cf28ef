/** One agent that lies among honest ones, in a cluster that fails: what the controller concludes, by the real rules. All follows from the seed. */
import { witnessedTerm } from '../../lib/domain/leadership/proven-term.ts';
import { isStreamedFrom, judgePromotions, whyNotFenced, whyNotReceivedThat } from '../../lib/domain/leadership/witnesses.ts';
import type { Verdict, WitnessNode } from '../../lib/domain/leadership/witnesses.ts';
import type { PeerConnection } from '../../lib/agent-contract/peer-connection.ts';
import { observeLeadership } from '../../lib/domain/topology/leadership.ts';
import { assembleTopology } from '../../lib/domain/topology/assemble.ts';
import type { NodeInput } from '../../lib/domain/topology/inputs.ts';
import { NOW_MS, aClusterInput, aDownstream, aPrimary, aStandby, aWalReceiver, iso, silentFor } from '../builders/index.ts';
import { anAuthority } from '../builders/operation.ts';
import { Chance } from './random.ts';

const TICK_MS = 1_000;
const TICKS = 60;
/** As in the steward: a primary that is down for less than this is being restarted. */
const DOWN_FOR_MS = 10_000;
const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** `none`: the rules are the real ones. The others are planted, to show that the checks can fail. */
export type Credulity = 'none' | 'believes-claims' | 'believes-fences' | 'believes-terms' | 'believes-positions';

export interface Told {
  violations: string[];
  /** Claims of the liar that were refused. */
  refused: number;
  /** A promotion by hand that really happened, and whether the record followed. */
  honest: { happened: boolean; adopted: boolean };
}

interface Truth {
  name: string;
  up: boolean;
  downSinceMs: number | null;
  timeline: number;
  follows: string | null;
  term: number;
  leads: boolean;
  journal: number | null;
}

export function lieAndWatch(seed: number, credulity: Credulity = 'none'): Told {
  const chance = new Chance(seed);
  const names = NAMES.slice(0, 2 + (seed % 4));
  const [first = 'a', ...others] = names;
  const truth = new Map(
    names.map((name): [string, Truth] => {
      const isFirst = name === first;
      return [
        name,
        { name, up: true, downSinceMs: null, timeline: 1, follows: isFirst ? null : first, term: 1, leads: isFirst, journal: null },
      ];
    }),
  );
  const liar = chance.pick(others);
  const told: Told = { violations: [], refused: 0, honest: { happened: false, adopted: false } };
  const violate = (what: string): void => void (told.violations.includes(what) || told.violations.push(what));
  const cuts = new Set<string>();
  const silent = new Set<string>();
  let record: { term: number; holder: string; timeline: number } = { term: 1, holder: first, timeline: 1 };
  const dies = chance.yes(0.4) ? chance.between(5, 30) : null;
  const restarts = chance.yes(0.4) ? chance.between(5, 40) : null;
  const byHand = dies !== null && others.length > 1 && chance.yes(0.6) ? (others.find((name) => name !== liar) ?? null) : null;

  for (let tick = 0; tick < TICKS; tick += 1) {
    const nowMs = NOW_MS + tick * TICK_MS;
    const primary = truth.get(first)!;
    const set = (up: boolean): void => void Object.assign(primary, { up, downSinceMs: up ? null : nowMs });
    if (dies !== null && tick === Math.floor(dies)) set(false);
    if (dies === null && restarts !== null && tick === Math.floor(restarts)) set(false);
    if (dies === null && primary.downSinceMs !== null && nowMs - primary.downSinceMs > 4_000) set(true);
    if (dies !== null && byHand !== null && tick === Math.floor(dies) + 2) {
      Object.assign(truth.get(byHand)!, { leads: true, follows: null, timeline: 2, term: 2, journal: 2 });
      told.honest.happened = true;
    }
    if (chance.yes(0.1)) cuts.add([chance.pick(names), chance.pick(names)].toSorted().join());
    if (chance.yes(0.15)) cuts.clear();
    if (chance.yes(0.05)) silent.add(chance.pick(names));
    if (chance.yes(0.2)) silent.clear();
    const nodes = names.map((name): NodeInput => {
      const node =
        name === liar ? lieOf(truth.get(name)!, names, first, chance, nowMs) : honestOf(truth.get(name)!, truth, cuts, liar, nowMs);
      return silent.has(name) && name !== liar ? silentFor(node, 20_000) : node;
    });
    const isDown = !primary.up && nowMs - (primary.downSinceMs ?? nowMs) >= DOWN_FOR_MS;
    const verdicts: Verdict[] = judgePromotions({ leadership: record, nodes }, nowMs).map((one) =>
      credulity === 'believes-claims' && one.claim.node === liar ? { ...one, believed: true } : one,
    );
    told.refused += verdicts.filter(({ claim, believed }) => claim.node === liar && !believed).length;
    const input = { ...aClusterInput(), leadership: record, nodes };
    const concluded = observeLeadership(record, assembleTopology(input, nowMs), verdicts, nowMs);
    const believed = verdicts.find(({ believed: is, claim }) => is && claim.term !== null && claim.node !== record.holder)?.claim ?? null;
    const next = believed?.node ?? (concluded.kind === 'changed' ? concluded.leadership.holder : record.holder);
    if (next !== record.holder) {
      if (next === liar && !isDown) violate('leadership moved to the liar while the primary was not down');
      if (next === byHand) told.honest.adopted = true;
      record = { term: Math.max(believed?.term ?? 0, record.term + 1), holder: next, timeline: believed?.timeline ?? 2 };
    }
    fences(nodes, record, verdicts, nowMs).forEach((name) => {
      if (name === first && primary.up && !told.honest.happened && record.holder !== liar) violate('a healthy primary was fenced');
      if (name === first && record.holder === liar && primary.up) violate('the primary was fenced for the liar');
    });
    terms(nodes, record.holder, record.term, credulity, violate, liar);
    fenceDone(truth, first, liar, cuts, chance, credulity, violate);
    positions(chance, nowMs, credulity, violate);
  }
  return told;
}

/** As the steward fences: what accepts writes beside the holder that does. */
function fences(nodes: readonly WitnessNode[], record: { holder: string }, _verdicts: readonly Verdict[], nowMs: number): string[] {
  const writable = (node: WitnessNode | undefined) =>
    node?.latest?.observation.server.state === 'accepting' && node.latest.observation.postgres?.inRecovery === false;
  if (!writable(nodes.find(({ name }) => name === record.holder))) return [];
  return nodes
    .filter((node) => node.name !== record.holder && writable(node) && !isStreamedFrom(node.name, nodes, nowMs))
    .map(({ name }) => name);
}

function terms(
  nodes: readonly WitnessNode[],
  holder: string,
  term: number,
  credulity: Credulity,
  violate: (what: string) => void,
  liar: string,
): void {
  const seen = nodes.flatMap(({ name, latest }) => {
    const termSeen = latest?.observation.authority?.termSeen;
    return termSeen === undefined ? [] : [{ name, termSeen, isHolder: name === holder }];
  });
  const proven = credulity === 'believes-terms' ? Math.max(...seen.map(({ termSeen }) => termSeen)) : witnessedTerm(term, seen);
  const honest = Math.max(term, ...seen.filter(({ name }) => name !== liar).map(({ termSeen }) => termSeen));
  if (proven > honest && liar !== holder) violate('the liar alone raised the term');
}

/** The primary's own agent says “fence done” while its server runs. */
function fenceDone(
  truth: ReadonlyMap<string, Truth>,
  first: string,
  liar: string,
  cuts: ReadonlySet<string>,
  chance: Chance,
  credulity: Credulity,
  violate: (what: string) => void,
): void {
  const runs = truth.get(first)?.up === true;
  const reports = [...truth.keys()]
    .filter((name) => name !== first)
    .map((node) => {
      const real = cuts.has([first, node].toSorted().join()) ? ('no-answer' as const) : runs ? ('answers' as const) : ('refused' as const);
      // Here the old primary's agent lies; the others are honest unless this one is the liar as well.
      return { node, answer: node === liar && chance.yes(0.5) ? ('no-answer' as const) : real };
    });
  const isProven = credulity === 'believes-fences' || whyNotFenced(first, reports) === null;
  if (isProven && runs) violate('a fence that was not carried out was believed');
}

function positions(chance: Chance, nowMs: number, credulity: Credulity, violate: (what: string) => void): void {
  const last = { name: 'a', lsn: '10/0', observedAt: iso(nowMs - chance.between(200, 3_000)) };
  const lie = (16n << 32n) + BigInt(Math.floor(chance.between(2, 1_000))) * 1024n ** 3n;
  if (credulity === 'believes-positions' || whyNotReceivedThat(lie, last, nowMs) === null)
    violate('a position far beyond the primary’s was believed');
}

function answerFrom(from: string, to: Truth, cuts: ReadonlySet<string>): PeerConnection['answer'] {
  return cuts.has([from, to.name].toSorted().join()) ? 'no-answer' : to.up ? 'answers' : 'refused';
}

function honestOf(own: Truth, truth: ReadonlyMap<string, Truth>, cuts: ReadonlySet<string>, liar: string, nowMs: number): NodeInput {
  const authority = anAuthority({ termSeen: own.term, role: own.leads ? 'leader' : 'follower', leaderTerm: own.leads ? own.term : null });
  const peerConnections = [...truth.values()]
    .filter(({ name }) => name !== own.name)
    .map((peer): PeerConnection => {
      const since = peer.downSinceMs ?? nowMs - 30_000;
      return { name: peer.name, answer: answerFrom(own.name, peer, cuts), at: iso(nowMs), since: iso(since) };
    });
  const observation = { authority, peerConnections };
  const node = { brokeGlass: own.journal === null ? null : { term: own.journal, atMs: nowMs } };
  if (!own.up) {
    const stopped = aPrimary(own.name, {
      nowMs,
      observation: { ...observation, server: { state: 'stopped', message: null } },
      postgres: null,
      node,
    });
    return stopped;
  }
  const below = [...truth.values()]
    .filter(({ follows, name }) => follows === own.name && name !== liar)
    .map(({ name }) => aDownstream(name));
  if (own.follows === null)
    return aPrimary(own.name, { nowMs, observation, node, postgres: { timeline: own.timeline, downstreams: below } });
  const upstream = truth.get(own.follows)!;
  const streams = upstream.up && answerFrom(own.name, upstream, cuts) === 'answers';
  const walReceiver = streams ? aWalReceiver({ receivedTimeline: upstream.timeline }) : null;
  return aStandby(own.name, own.follows, {
    nowMs,
    observation,
    node,
    postgres: { timeline: own.timeline, walReceiver, downstreams: below },
  });
}

/** Anything that a message can say: role, term, timeline, who streams from it, whom it was refused by, and an entry in its own journal. */
function lieOf(own: Truth, names: readonly string[], first: string, chance: Chance, nowMs: number): NodeInput {
  const term = Math.floor(chance.between(1, chance.yes(0.5) ? 4 : 80));
  const authority = anAuthority({
    termSeen: term,
    role: chance.pick(['leader', 'leader', 'follower', 'unclaimed'] as const),
    leaderTerm: term,
  });
  const peerConnections = names
    .filter((name) => name !== own.name)
    .map((name): PeerConnection => ({
      name,
      answer: name === first ? 'refused' : chance.pick(['answers', 'refused', 'no-answer'] as const),
      at: iso(nowMs),
      since: iso(nowMs - 60_000),
    }));
  const timeline = Math.floor(chance.between(1, 5));
  const postgres = { timeline, downstreams: names.filter((name) => name !== own.name).map((name) => aDownstream(name)) };
  const node = { brokeGlass: chance.yes(0.8) ? { term, atMs: nowMs } : null };
  return chance.yes(0.85)
    ? aPrimary(own.name, { nowMs, observation: { authority, peerConnections }, node, postgres })
    : aStandby(own.name, first, { nowMs, observation: { authority, peerConnections }, node, postgres });
}
