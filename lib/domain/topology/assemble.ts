/** From what the agents of one cluster reported to who is what, who follows whom, and how far behind. */
import { positionLag } from '../lag/position-lag.ts';
import { findCycles } from './anomalies.ts';
import { authorityView } from './authority-view.ts';
import { unknownLag } from './age.ts';
import type { ClusterInput } from './inputs.ts';
import type { ReceivingEnd } from './link-state.ts';
import { receivingEnd, sendingEnd } from './link-state.ts';
import { viewLink } from './link-view.ts';
import type { Lag, LinkView, NodeView } from './model.ts';
import { replicationOf, stateOfPrimary, stateOfServer, stateOfStandby } from './node-state.ts';
import type { StateOfNode } from './node-state.ts';
import type { Sighting, Sightings } from './sighting.ts';
import { sightNodes } from './sighting.ts';
import { findUpstreams } from './upstream.ts';

export interface Topology {
  nodes: NodeView[];
  links: LinkView[];
  /**
   * The node to call the primary: the only one seen out of recovery, or, while none is seen so, the one that last was and may
   * still be. `null` when there are two, when it is known to be down, or when none was ever seen.
   */
  primary: string | null;
  /** All nodes that are seen out of recovery right now. More than one is a split brain. */
  outOfRecovery: string[];
}

export function assembleTopology(input: ClusterInput, nowMs: number): Topology {
  const sightings = sightNodes(input, nowMs);
  const outOfRecovery = [...sightings.values()].filter((sighting) => sighting.live?.inRecovery === false).map(({ name }) => name);
  const primary = choosePrimary(input, sightings, outOfRecovery);
  const upstreams = findUpstreams(sightings);
  const circling = new Set(findCycles(upstreams).flat());

  const nodes: NodeView[] = [];
  const links: LinkView[] = [];
  for (const sighting of sightings.values()) {
    const upstream = sightings.get(upstreams.get(sighting.name) ?? '') ?? null;
    const end = sighting.role === 'standby' ? receivingEndOf(sighting, upstream, circling) : null;
    nodes.push(viewNode(input, sighting, upstream, end, lagOf(sighting, primary, outOfRecovery, sightings, nowMs)));
    if (upstream !== null) links.push(viewLink(upstream, sighting, sendingEnd(upstream, sighting), end));
  }
  return { nodes, links, primary, outOfRecovery };
}

function choosePrimary(input: ClusterInput, sightings: Sightings, outOfRecovery: readonly string[]): string | null {
  if (outOfRecovery.length > 0) return outOfRecovery.length === 1 ? outOfRecovery[0]! : null;
  const remembered = [...sightings.values()].filter(({ role }) => role === 'primary');
  const last = remembered.length > 1 ? remembered.find(({ name }) => name === input.leadership?.holder) : remembered[0];
  if (last === undefined) return null;
  const isKnownDown = last.fresh && ['stopped', 'starting', 'stopping'].includes(last.observation?.server.state ?? '');
  return isKnownDown ? null : last.name;
}

function receivingEndOf(standby: Sighting, upstream: Sighting | null, circling: ReadonlySet<string>): ReceivingEnd | null {
  if (standby.live !== null && circling.has(standby.name)) {
    return {
      receiving: false,
      state: 'down',
      reason: `${standby.name} and its upstream follow each other in a circle: no WAL can arrive.`,
    };
  }
  return receivingEnd(standby, upstream);
}

function lagOf(sighting: Sighting, primary: string | null, outOfRecovery: readonly string[], sightings: Sightings, nowMs: number): Lag {
  if (sighting.role === 'primary') return unknownLag(null);
  if (sighting.live === null || sighting.observedAtMs === null) return unknownLag('The standby can’t be queried now.');
  if (outOfRecovery.length > 1)
    return unknownLag(`${outOfRecovery.length} nodes are out of recovery: which of them is the primary is undecided.`);
  const leader = sightings.get(primary ?? lastLeader(sightings) ?? '');
  if (leader === undefined) return unknownLag('The primary is unknown.');
  const { live } = sighting;
  if (leader.postgres !== null && leader.postgres.systemIdentifier !== live.systemIdentifier) {
    return unknownLag(`Its system identifier differs from that of ${leader.name}: their positions can’t be compared.`);
  }
  if (leader.postgres !== null && live.timeline > leader.postgres.timeline) {
    return unknownLag(
      `It is on timeline ${live.timeline}, ${leader.name} on ${leader.postgres.timeline}: their positions can’t be compared.`,
    );
  }
  // The commit time was written by the primary's clock.
  const replayedCommitAt = live.lastReplayedTransactionAt;
  const standby = {
    observedAtMs: sighting.observedAtMs,
    receiveLsn: live.receiveLsn,
    replayLsn: live.replayLsn,
    lastReplayedCommitAtMs: replayedCommitAt === null ? null : Date.parse(replayedCommitAt) + leader.clockCorrectionMs,
  };
  return positionLag(leader.name, leader.trail, standby, nowMs);
}

/** With the primary down, its last positions still tell what each standby lacked then. */
function lastLeader(sightings: Sightings): string | null {
  return [...sightings.values()].find(({ role, trail }) => role === 'primary' && trail.length > 0)?.name ?? null;
}

function viewNode(input: ClusterInput, sighting: Sighting, upstream: Sighting | null, end: ReceivingEnd | null, lag: Lag): NodeView {
  const { node, observation, postgres, live } = sighting;
  const isStandby = sighting.role === 'standby';
  const replication = isStandby ? replicationOf(sighting, end) : null;
  const { state, reason } = ((): StateOfNode => {
    const server = stateOfServer(sighting);
    if (server !== null || live === null) return server ?? { state: 'unknown', reason: 'PostgreSQL could not be read.' };
    if (replication === null) return stateOfPrimary(live);
    return stateOfStandby(sighting, replication, end, lag, input.policy);
  })();
  const isHolder = input.leadership?.holder === node.name;
  return {
    name: node.name,
    role: sighting.role,
    upstream: upstream?.name ?? null,
    site: node.site,
    timeline: postgres?.timeline ?? (isHolder ? input.leadership!.timeline : null),
    state,
    stateReason: reason,
    observedAt: sighting.observedAtMs === null ? null : new Date(sighting.observedAtMs).toISOString(),
    serverVersion: postgres === null ? null : formatServerVersion(postgres.serverVersionNumber),
    systemIdentifier: postgres?.systemIdentifier ?? null,
    lsn: (isStandby ? postgres?.replayLsn : (postgres?.flushLsn ?? postgres?.insertLsn)) ?? null,
    lag,
    replication,
    commitMs: live?.writeProbe?.commitMs ?? null,
    walBytesPerSecond: live?.walBytesPerSecond ?? null,
    volumes: (observation?.volumes ?? []).map(({ purpose, sizeBytes, freeBytes }) => ({ purpose, sizeBytes, freeBytes })),
    tablespaces: observation?.tablespaces ?? null,
    connections: live?.connections ?? null,
    clockOffsetMs: state === 'unknown' ? null : (observation?.clock.offsetMs ?? null),
    agentVersion: node.latest?.agentVersion ?? null,
    authority: authorityView(observation),
  };
}

/** `server_version_num` as people write it: 150018 → `15.18`. */
function formatServerVersion(versionNumber: number): string {
  return `${Math.floor(versionNumber / 10_000)}.${versionNumber % 10_000}`;
}
