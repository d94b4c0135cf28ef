/**
 * Computes the data lost if the primary were lost now. The bound is proven: the age of the last moment at which everything the primary had
 * written is known to have reached the standby. Received counts, replayed need not: a promotion replays what was received.
 */
import { ageMs } from '../time/age.ts';
import { formatBoundSeconds, formatDuration } from '../format/duration.ts';
import { formatBytes } from '../format/quantity.ts';
import { furthestLsn, lsnDifferenceBytes, parseLsnOrNull } from '../postgres/lsn.ts';
import { parseSyncNames } from '../postgres/sync-names.ts';
import type { Topology } from '../topology/assemble.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import type { LinkView, Rpo, Site } from '../topology/model.ts';
import type { Sighting, Sightings } from '../topology/sighting.ts';
import { lastSeen, sightNodes } from '../topology/sighting.ts';
import { downstreamRow } from '../topology/upstream.ts';
import { advanceBounds, heldBoundSeconds } from './bound-peak.ts';
import { lastCoveredAt, receivedLsn } from './position-trail.ts';

type Verdict = Omit<Rpo, 'since'>;

/** Standbys whose proof differs by no more than the phase of sampling are equally good. */
const SAMPLE_PHASE_MS = 1_500;

/** Of these values of `synchronous_commit`, a commit is acknowledged only when a synchronous standby has it. */
const WAITING_COMMIT_SETTINGS = ['on', 'remote_write', 'remote_apply'];

export function evaluateRpo(input: ClusterInput, topology: Topology, nowMs: number): Rpo {
  const verdict = judge(input, topology, nowMs);
  const previous = input.previousRpo;
  return { ...verdict, since: previous?.state === verdict.state ? previous.since : new Date(nowMs).toISOString() };
}

function judge(input: ClusterInput, topology: Topology, nowMs: number): Verdict {
  const sightings = sightNodes(input, nowMs);
  if (topology.outOfRecovery.length > 1) {
    return unknown(`${topology.outOfRecovery.join(' and ')} both accept writes: whose writes would be lost is undecided.`);
  }
  const primary = topology.primary === null ? undefined : sightings.get(topology.primary);
  if (primary === undefined) return unknown(withLastKnown('There is no primary.', topology, sightings, nowMs));
  // A sample can hold an answer from just before the postmaster stopped: nothing is guaranteed of a server that is not answering now.
  if (primary.live === null || primary.observation?.server.state !== 'accepting') {
    const reason = primary.fresh ? 'does not answer' : lastSeen(primary);
    return unknown(withLastKnown(`${primary.name} ${reason}: what it wrote since is unknown.`, topology, sightings, nowMs));
  }
  const sync = guaranteedBy(input, primary, topology, sightings);
  if (sync.standby !== null) {
    const reason = `Each commit waits for a synchronous standby in another failure domain; ${sync.standby} is acknowledging.`;
    return { state: 'guaranteed-zero', boundSeconds: 0, boundBytes: 0, bestStandby: sync.standby, reason };
  }
  const best = bestEffort(input, primary, topology, sightings);
  if (best === null) return unknown('No standby’s position is known well enough to tell what it lacks.');
  const coveredAgoMs = ageMs(best.coveredAtMs, nowMs);
  if (coveredAgoMs === null) return unknown(`The position of ${best.name} is dated in the future: a clock was set.`);
  const boundSeconds = coveredAgoMs / 1000;
  const heldSeconds = heldBoundSeconds(advanceBounds(input.recentBounds, boundSeconds, nowMs));
  const figures = `${best.name} is proven to have all that ${primary.name} had written ${formatBoundSeconds(heldSeconds)} ago`;
  return {
    state: 'best-effort',
    boundSeconds,
    heldBoundSeconds: heldSeconds,
    boundBytes: best.missingBytes,
    bestStandby: best.name,
    reason: `${figures}; ${formatBytes(best.missingBytes)} had not arrived.${sync.why === null ? '' : ` ${sync.why}`}`,
  };
}

function unknown(reason: string): Verdict {
  return { state: 'unknown', boundSeconds: null, boundBytes: null, bestStandby: null, reason };
}

/** At least the zone must differ. */
export function inOtherFailureDomain(a: Site, b: Site): boolean {
  return a.provider !== b.provider || a.region !== b.region || a.zone !== b.zone;
}

/**
 * The synchronous standby on whose acknowledgement every commit waits in any case, or why there is none. Under `ANY k` a
 * commit may be satisfied by any k of those connected: it is safe elsewhere only when fewer than k of them are near.
 */
function guaranteedBy(
  input: ClusterInput,
  primary: Sighting,
  topology: Topology,
  sightings: Sightings,
): { standby: string | null; why: string | null } {
  const requirement = parseSyncNames(primary.live!.synchronousStandbyNames);
  if (requirement === null || requirement.required < 1) return { standby: null, why: null };
  const commitSetting = primary.node.facts?.settings?.find(({ name }) => name === 'synchronous_commit')?.value;
  if (commitSetting === undefined) return { standby: null, why: 'synchronous_commit is unknown: nothing is guaranteed.' };
  if (!WAITING_COMMIT_SETTINGS.includes(commitSetting)) {
    return { standby: null, why: `synchronous_commit is “${commitSetting}”: commits wait for no standby.` };
  }
  const rows = primary.live!.downstreams.filter(({ syncState }) => syncState === 'sync' || syncState === 'quorum');
  if (rows.length < requirement.required) {
    return { standby: null, why: 'Too few synchronous standbys are connected: commits wait.' };
  }
  const isFar = (name: string) => {
    const standby = sightings.get(name);
    return standby !== undefined && inOtherFailureDomain(primary.node.site, standby.node.site);
  };
  const acknowledging = topology.links.filter((link) => isAcknowledging(link, primary.name) && isFar(link.to));
  const nearCount = rows.filter((row) => !isFar(row.applicationName)).length;
  const slots = requirement.method === 'any' ? requirement.required : rows.length;
  if (acknowledging.length === 0 || nearCount >= slots) {
    return { standby: null, why: 'No synchronous standby in another failure domain is certain to acknowledge.' };
  }
  const names = acknowledging.map((link) => link.to).sort(compare);
  const previous = input.previousRpo?.bestStandby;
  return { standby: names.find((name) => name === previous) ?? names[0]!, why: null };
}

function isAcknowledging(link: LinkView, primaryName: string): boolean {
  return link.from === primaryName && link.state === 'streaming' && (link.syncState === 'sync' || link.syncState === 'quorum');
}

interface Candidate {
  name: string;
  /** Newest moment at which all that the primary had written is known to have reached this standby. */
  coveredAtMs: number;
  missingBytes: number;
}

function bestEffort(input: ClusterInput, primary: Sighting, topology: Topology, sightings: Sightings): Candidate | null {
  const candidates = topology.nodes.flatMap((node) => candidateOf(sightings.get(node.name)!, primary) ?? []);
  const [best] = candidates.sort((a, b) => b.coveredAtMs - a.coveredAtMs || a.missingBytes - b.missingBytes || compare(a.name, b.name));
  const previous = candidates.find(({ name }) => name === input.previousRpo?.bestStandby);
  if (best === undefined || previous === undefined) return best ?? null;
  // Which standby was sampled last changes each second: without staying with one, its name would flicker on the screen.
  return best.coveredAtMs - previous.coveredAtMs <= SAMPLE_PHASE_MS ? previous : best;
}

function candidateOf(standby: Sighting, primary: Sighting): Candidate | null {
  const { live } = standby;
  if (live === null || !live.inRecovery) return null;
  const reference = primary.postgres;
  if (reference !== null && (live.systemIdentifier !== reference.systemIdentifier || live.timeline > reference.timeline)) return null;
  // Two witnesses of what it holds: itself, and what it acknowledged to the primary.
  const row = primary.live === null ? null : downstreamRow(primary, standby.name);
  const held = furthestLsn(receivedLsn(live), parseLsnOrNull(row?.flushLsn));
  const coveredAtMs = held === null ? null : lastCoveredAt(primary.trail, held);
  const newest = primary.trail.at(-1);
  if (held === null || coveredAtMs === null || newest === undefined) return null;
  return { name: standby.name, coveredAtMs, missingBytes: Math.max(0, lsnDifferenceBytes(newest.lsn, held)) };
}

/** With the primary gone the bound is unknown, but what the standbys held of its last known position still helps to decide. */
function withLastKnown(sentence: string, topology: Topology, sightings: Sightings, nowMs: number): string {
  const last = [...sightings.values()].find(({ role, trail }) => role === 'primary' && trail.length > 0);
  const newest = last?.trail.at(-1);
  if (last === undefined || newest === undefined) return sentence;
  const best = topology.nodes
    .flatMap((node) => (node.name === last.name ? [] : (candidateOf(sightings.get(node.name)!, last) ?? [])))
    .sort((a, b) => a.missingBytes - b.missingBytes || compare(a.name, b.name))[0];
  if (best === undefined) return `${sentence} No standby’s position is known.`;
  const age = formatDuration(ageMs(newest.atMs, nowMs));
  return `${sentence} ${best.name} lacks ${formatBytes(best.missingBytes)} of its last known position, ${age} old.`;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
