/**
 * Judges who is believed when leadership would change (DESIGN §2, docs/decisions/0032). One agent may lie or be wrong: what it says of itself is a
 * claim, and counts with a witness that is not it. Pure; what is lacking is said in words, for the finding and for the audit log.
 */
import type { PostgresObservation } from '../../agent-contract/observation.ts';
import { formatBytes } from '../format/quantity.ts';
import { formatLsn, lsnDifferenceBytes, parseLsnOrNull } from '../postgres/lsn.ts';
import { isYoungerThan } from '../time/age.ts';
import type { NodeInput } from '../topology/inputs.ts';
import type { LeadershipRecord } from './store.ts';

/** Agents report each second: an older report witnesses nothing. */
export const WITNESS_SEEN_MS = 5_000;
/** Agents try a server in doubt every 2 s at most. */
const REFUSAL_AGE_MAX_MS = 8_000;
export const REFUSALS_NEEDED = 2;
/** A server that is restarted refuses for a few seconds: that is no reason to believe that another one leads. */
const REFUSED_FOR_MS = 10_000;

/** A promotion that no operation made is believed only with these. `all`: each; `one`: any one of them. */
export const PROMOTION_WITNESSES = [
  { id: 'own-entry', counts: 'all', what: 'its own journal has a break-glass promotion under that very term' },
  { id: 'later-timeline', counts: 'all', what: 'its timeline is above that of the leadership record' },
  { id: 'holder-not-serving', counts: 'all', what: 'the holder on record is not seen to accept writes and serve others' },
  { id: 'only-claim', counts: 'all', what: 'no other node claims the same' },
  { id: 'stream', counts: 'one', what: 'another node streams the new timeline from it' },
  { id: 'refusals', counts: 'one', what: 'the holder on record has refused connections from two other hosts for 10 s' },
] as const;
export type PromotionWitness = (typeof PROMOTION_WITNESSES)[number]['id'];

/** A fenced node is proven off by one of these. Its own word, a time-out and silence are not in it. */
export const FENCE_WITNESSES = [
  { id: 'refusal', what: 'a connection to it was refused, seen from another host' },
  { id: 'provider', what: 'the fence command of the provider succeeded' },
] as const;

export type WitnessNode = Pick<NodeInput, 'name' | 'latest' | 'brokeGlass'>;
export interface WitnessInput {
  leadership: Pick<LeadershipRecord, 'term' | 'holder' | 'timeline'> | null;
  nodes: readonly WitnessNode[];
}

/** A node that says it was promoted, while the record names another. */
export interface Claim {
  node: string;
  /** By the agent's own command line; `null`: it was promoted past the agent, so that there is no term. */
  term: number | null;
  timeline: number;
}
export interface Verdict {
  claim: Claim;
  believed: boolean;
  has: PromotionWitness[];
  /** Sentences; empty when it is believed. */
  lacks: string[];
}

interface Seen {
  name: string;
  node: WitnessNode;
  postgres: PostgresObservation | null;
  writable: boolean;
}

/** Every claim and whether it is believed. */
export function judgePromotions(input: WitnessInput, nowMs: number): Verdict[] {
  const { leadership } = input;
  if (leadership === null) return [];
  const seen = input.nodes.flatMap((node) => seenNow(node, nowMs));
  const claims = seen.flatMap((one) => claimOf(one, leadership, seen));
  return claims.map((claim) => judge(claim, claims, leadership, seen));
}

function seenNow(node: WitnessNode, nowMs: number): Seen[] {
  const { latest } = node;
  if (latest === null || !isYoungerThan(latest.observedAtMs, WITNESS_SEEN_MS, nowMs)) return [];
  const { postgres, server } = latest.observation;
  return [{ name: node.name, node, postgres, writable: server.state === 'accepting' && postgres?.inRecovery === false }];
}

function claimOf(one: Seen, { term, holder, timeline }: NonNullable<WitnessInput['leadership']>, seen: readonly Seen[]): Claim[] {
  const authority = one.node.latest?.observation.authority ?? null;
  if (!one.writable || one.postgres === null || authority?.role === 'fenced') return [];
  const own = one.postgres.timeline;
  const leaderTerm = authority?.role === 'leader' ? authority.leaderTerm : null;
  if (leaderTerm !== null && (leaderTerm > term || (leaderTerm === term && holder === null)))
    return [{ node: one.name, term: leaderTerm, timeline: own }];
  // Two nodes that accept writes are another finding; an older timeline is a former primary that came back.
  const isHolderWritable = seen.some(({ name, writable }) => name === holder && writable);
  return one.name !== holder && !isHolderWritable && own >= (timeline ?? 0) ? [{ node: one.name, term: null, timeline: own }] : [];
}

function judge(
  claim: Claim,
  claims: readonly Claim[],
  { holder, timeline }: NonNullable<WitnessInput['leadership']>,
  seen: readonly Seen[],
): Verdict {
  // The holder leads already: what it says can raise its number, and moves nothing.
  if (claim.node === holder) return { claim, believed: true, has: [], lacks: [] };
  const own = seen.find(({ name }) => name === claim.node)!;
  const holds: Record<PromotionWitness, boolean> = {
    'own-entry': claim.term === null || own.node.brokeGlass?.term === claim.term,
    'later-timeline': timeline !== null && claim.timeline > timeline,
    'holder-not-serving': !isServing(holder, claim.node, seen),
    'only-claim': claims.every(({ node }) => node === claim.node || node === holder),
    stream: seen.some(
      (other) => other.name !== claim.node && streamsFrom(other, own) && other.postgres?.walReceiver?.receivedTimeline === claim.timeline,
    ),
    refusals: hasRefusals(holder, claim.node, seen),
  };
  const isOneThere = PROMOTION_WITNESSES.some(({ id, counts }) => counts === 'one' && holds[id]);
  const lacking = PROMOTION_WITNESSES.filter(({ id, counts }) => !holds[id] && (counts === 'all' || !isOneThere));
  return {
    claim,
    believed: lacking.length === 0,
    has: PROMOTION_WITNESSES.flatMap(({ id }) => (holds[id] ? [id] : [])),
    lacks: lacking.map(({ what }) => `Not seen: ${what}.`),
  };
}

/** By the word of both: the standby receives on the sender's timeline, and the sender lists it. */
function streamsFrom(standby: Seen, sender: Seen): boolean {
  const { postgres: own } = standby;
  if (own?.inRecovery !== true || own.walReceiver?.status !== 'streaming' || sender.postgres === null) return false;
  const names = [standby.name, standby.name.replaceAll('-', '_'), own.configuredUpstream?.applicationName];
  const isListed = sender.postgres.downstreams.some(
    ({ applicationName, state }) => state === 'streaming' && names.includes(applicationName),
  );
  return isListed && own.walReceiver.receivedTimeline === sender.postgres.timeline;
}

/** Accepts writes by its own word, and another node than the claimant streams from it or gets through to it. */
function isServing(name: string | null, claimant: string, seen: readonly Seen[]): boolean {
  const holder = seen.find((one) => one.name === name);
  if (holder?.writable !== true) return false;
  return seen.some((other) => {
    if (other.name === name || other.name === claimant) return false;
    return streamsFrom(other, holder) || answerOf(other, holder.name) === 'answers';
  });
}

/** Does another node stream from it now? One that serves others is not fenced because of what a third says. */
export function isStreamedFrom(name: string, nodes: readonly WitnessNode[], nowMs: number): boolean {
  const seen = nodes.flatMap((node) => seenNow(node, nowMs));
  const sender = seen.find((one) => one.name === name);
  return sender !== undefined && seen.some((other) => other.name !== name && streamsFrom(other, sender));
}

/** How a connection to `peer` ended, if it was tried lately. Both times are of one clock. */
function answerOf({ node }: Seen, peer: string): 'answers' | 'refused' | 'no-answer' | null {
  const observation = node.latest?.observation;
  const tried = observation?.peerConnections?.find(({ name }) => name === peer);
  if (observation === undefined || tried === undefined) return null;
  const ageMs = Date.parse(observation.observedAt) - Date.parse(tried.at);
  if (ageMs > REFUSAL_AGE_MAX_MS) return null;
  const isBrief = Date.parse(tried.at) - Date.parse(tried.since) < REFUSED_FOR_MS;
  return tried.answer === 'refused' && isBrief ? 'no-answer' : tried.answer;
}

/** The claimant may be one of the two, and never both. */
function hasRefusals(holder: string | null, claimant: string, seen: readonly Seen[]): boolean {
  if (holder === null) return false;
  const others = seen.filter(({ name }) => name !== holder);
  if (others.some((one) => one.name !== claimant && answerOf(one, holder) === 'answers')) return false;
  const refused = others.filter((one) => answerOf(one, holder) === 'refused').map(({ name }) => name);
  return refused.length >= REFUSALS_NEEDED && refused.some((name) => name !== claimant);
}

/** How a connection to the old primary ended for each standby that promised; `null`: its agent does not say (a release before). */
export interface FenceReport {
  node: string;
  answer: 'answers' | 'refused' | 'no-answer' | null;
}

/** Why the word of the agent that fenced its own node is not enough; `null` = it is. Agents of the release before try no connection. */
export function whyNotFenced(old: string, reports: readonly FenceReport[]): string | null {
  const said = reports.filter(({ node, answer }) => node !== old && answer !== null);
  const through = said.filter(({ answer }) => answer === 'answers').map(({ node }) => node);
  if (through.length > 0)
    return `The agent of ${old} says that it is stopped, but ${through.join(', ')} still reached it: it may accept writes. Fence it by the fence command, or make sure that it is off and state that by name.`;
  if (said.length === 0 || said.some(({ answer }) => answer === 'refused')) return null;
  return `The agent of ${old} says that it is stopped, but no other host was refused by it: no answer proves nothing. Fence it by the fence command, or make sure that it is off and state that by name.`;
}

/** A primary may have written so much after it was seen last, before it was fenced: eight segments, and 100 MB for each second. */
const WRITTEN_UNSEEN_BYTES = 128 * 1024 ** 2;
const WRITTEN_UNSEEN_BYTES_PER_SECOND = 100 * 1024 ** 2;

/**
 * Why a position is not believed to be received from the last primary; `null` = it may be. Beyond what that last reported, only as much
 * counts as it may have written since: cut off exactly there, two honest standbys would be equal, and the commit that only one has lost.
 */
export function whyNotReceivedThat(
  lsn: bigint,
  last: { name: string; lsn: string | null; observedAt: string } | null,
  nowMs: number,
): string | null {
  const written = parseLsnOrNull(last?.lsn ?? null);
  if (last === null || written === null) return null;
  const unseenSeconds = Math.max(0, (nowMs - Date.parse(last.observedAt)) / 1000);
  const beyond = lsnDifferenceBytes(lsn, written);
  if (beyond <= WRITTEN_UNSEEN_BYTES + unseenSeconds * WRITTEN_UNSEEN_BYTES_PER_SECOND) return null;
  return `It says that it holds WAL up to ${formatLsn(lsn)}, ${formatBytes(beyond)} beyond what ${last.name} last reported: that is not believed.`;
}
