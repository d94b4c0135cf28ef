/** Chooses the one word for a node, and says why. */
import type { ClusterPolicy } from '../policy/cluster-policy.ts';
import type { PostgresObservation, ServerState } from '../../agent-contract/observation.ts';
import { formatDuration, formatSeconds } from '../format/duration.ts';
import { formatBytes } from '../format/quantity.ts';
import { parseLsnOrNull } from '../postgres/lsn.ts';
import type { ReceivingEnd } from './link-state.ts';
import type { Lag, NodeState, ReplicationState } from './model.ts';
import type { Sighting } from './sighting.ts';

/** WAL that waits this long without replay moving is stalled: a conflict or a paused or stuck startup process. */
export const REPLAY_STALLED_MS = 10_000;
/** Where a cluster has no RPO objective, a standby further behind than this is called catching up. */
export const CATCHING_UP_DEFAULT_SECONDS = 10;

export interface StateOfNode {
  state: NodeState;
  reason: string | null;
}

const SERVER_REASONS: Record<Exclude<ServerState, 'accepting'>, string> = {
  starting: 'PostgreSQL is starting up and refuses connections.',
  stopping: 'PostgreSQL is shutting down.',
  refusing: 'PostgreSQL is alive, but refuses the agent’s connection.',
  'not-responding': 'A postmaster exists, but does not answer.',
  stopped: 'No postmaster is running.',
};

const DATED_AHEAD = 'Its last report is dated in the future: a clock was set. Its age is unknown.';

/** `null` when the server can be judged further, because it answers and was read. */
export function stateOfServer(sighting: Sighting): StateOfNode | null {
  const { observation } = sighting;
  if (!sighting.node.enrolled && observation === null) {
    return { state: 'unknown', reason: 'Never seen: no agent has joined for this node.' };
  }
  if (observation === null) return { state: 'unknown', reason: 'Never seen: its agent has joined, but not reported yet.' };
  if (!sighting.fresh) {
    const { ageMs } = sighting;
    return { state: 'unknown', reason: ageMs === null ? DATED_AHEAD : `Last seen ${formatDuration(ageMs)} ago.` };
  }
  const { state, message } = observation.server;
  if (state === 'stopped' && observation.authority?.fenced != null) {
    return { state: 'fenced', reason: `Fenced: ${observation.authority.fenced.reason} It stays stopped until it is reverted.` };
  }
  if (observation.authority?.fenced != null && observation.postgres?.inRecovery === true && observation.postgres.walReceiver === null) {
    const reason = `Fenced: ${observation.authority.fenced.reason} It was started by hand: it is read-only and follows no upstream until it is reverted.`;
    return { state: 'fenced', reason };
  }
  if (state !== 'accepting') return { state, reason: message ?? SERVER_REASONS[state] };
  if (observation.postgres === null) return { state: 'unknown', reason: message ?? 'PostgreSQL answered, but could not be read.' };
  return null;
}

export function stateOfPrimary(postgres: PostgresObservation): StateOfNode {
  const probe = postgres.writeProbe;
  if (probe === null) return { state: 'unknown', reason: 'No commit has been probed yet.' };
  return probe.ok ? { state: 'writable', reason: null } : { state: 'not-writable', reason: probe.reason ?? 'The commit probe failed.' };
}

/** Receiving and replaying of a standby that is seen now. */
export function replicationOf(standby: Sighting, end: ReceivingEnd | null): ReplicationState {
  if (standby.live === null) return { receiving: null, replaying: null };
  return { receiving: end?.receiving ?? null, replaying: isReplaying(standby, standby.live) };
}

function isReplaying(standby: Sighting, live: PostgresObservation): boolean | null {
  if (live.replayPaused === true) return false;
  if (live.replayLsn === null) return null;
  return replayWaitMs(standby) <= REPLAY_STALLED_MS || isDelayedOnPurpose(standby);
}

/** How long WAL has lain received at this standby while replay did not move at all; 0 when it moves or has nothing to do. */
export function replayWaitMs(standby: Sighting): number {
  const replayed = parseLsnOrNull(standby.live?.replayLsn);
  if (replayed === null || standby.observedAtMs === null) return 0;
  const received = parseLsnOrNull(standby.live?.receiveLsn);
  if (received === null || received <= replayed) return 0;
  let waitingSinceMs = standby.observedAtMs;
  for (const point of standby.node.history.toReversed()) {
    if (point.replayLsn === null || point.receiveLsn === null) continue;
    if (point.replayLsn !== replayed || point.receiveLsn <= point.replayLsn) break;
    waitingSinceMs = Math.min(waitingSinceMs, point.atMs);
  }
  return standby.observedAtMs - waitingSinceMs;
}

function isDelayedOnPurpose(standby: Sighting): boolean {
  const delay = standby.node.facts?.settings?.find((setting) => setting.name === 'recovery_min_apply_delay')?.value;
  return delay !== undefined && Number.parseInt(delay, 10) > 0;
}

export function stateOfStandby(
  standby: Sighting,
  replication: ReplicationState,
  end: ReceivingEnd | null,
  lag: Lag,
  policy: ClusterPolicy,
): StateOfNode {
  if (replication.receiving === false) return { state: 'not-receiving', reason: end?.reason ?? 'It receives no WAL.' };
  if (replication.replaying === false) {
    const waiting = `${formatBytes(lag.applyBytes)} wait to be replayed`;
    const why = standby.live?.replayPaused ? 'Replay is paused' : `Replay has not moved for ${formatDuration(replayWaitMs(standby))}`;
    return { state: 'replay-stalled', reason: `${why}; ${waiting}.` };
  }
  if (replication.receiving === null) return { state: 'unknown', reason: end?.reason ?? 'Whether it receives WAL is unknown.' };
  const limitSeconds = policy.rpoObjectiveSeconds ?? CATCHING_UP_DEFAULT_SECONDS;
  if (lag.seconds !== null && lag.seconds > limitSeconds) {
    return { state: 'catching-up', reason: `${formatSeconds(lag.seconds)} behind the primary (limit ${formatSeconds(limitSeconds)}).` };
  }
  return { state: 'streaming', reason: null };
}
