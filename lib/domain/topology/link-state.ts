/**
 * The state of one stream of WAL, judged from both of its ends. Either end alone can be wrong: a cut that takes only one
 * direction leaves the other end believing for a minute (`wal_sender_timeout`, `wal_receiver_timeout`) that all is well.
 */
import { isUnknownWord } from '../postgres/unknown-word.ts';
import type { Downstream, WalReceiver } from '../../agent-contract/observation.ts';
import { formatDuration } from '../format/duration.ts';
import { pointAt } from '../lag/position-trail.ts';
import { furthestLsn, parseLsnOrNull } from '../postgres/lsn.ts';
import { receivedLsn } from '../lag/position-trail.ts';
import type { LinkState } from './model.ts';
import type { Sighting } from './sighting.ts';
import { downstreamRow } from './upstream.ts';

/**
 * While the upstream writes (its heartbeat does each second), both ends hear from each other each second. Five seconds of
 * silence with WAL outstanding leave room to say `down` within ten.
 */
export const LINK_SILENT_MS = 5_000;
/** WAL that the upstream had this long ago should have crossed any link that lives. */
export const WAL_CROSSING_MS = 2_000;

/** The standby's view of its feed; `null` = it can't be seen now. */
export interface ReceivingEnd {
  receiving: boolean | null;
  state: LinkState;
  reason: string | null;
}

const RECEIVER_STATES: Record<string, LinkState> = {
  starting: 'startup',
  connecting: 'startup',
  streaming: 'streaming',
  stopping: 'stopping',
};

/** The standby's end. `upstream` is needed to tell silence because nothing is written from silence because of a cut. */
export function receivingEnd(standby: Sighting, upstream: Sighting | null): ReceivingEnd | null {
  if (standby.live === null || standby.observation === null) return null;
  const { walReceiver } = standby.live;
  if (walReceiver === null) {
    return { receiving: false, state: 'down', reason: `${standby.name} has no walreceiver: it does not stream.` };
  }
  const state = RECEIVER_STATES[walReceiver.status] ?? 'down';
  if (state !== 'streaming') {
    return { receiving: false, state, reason: `The walreceiver of ${standby.name} is “${walReceiver.status}”, not streaming.` };
  }
  return silence(standby, walReceiver, upstream) ?? { receiving: true, state, reason: null };
}

function silence(standby: Sighting, walReceiver: WalReceiver, upstream: Sighting | null): ReceivingEnd | null {
  if (walReceiver.lastMessageReceivedAt === null || standby.observation === null) return null;
  // Both instants are from the standby's own clock, so a wrong clock does not matter here.
  const silentMs = Date.parse(standby.observation.observedAt) - Date.parse(walReceiver.lastMessageReceivedAt);
  if (!(silentMs > LINK_SILENT_MS)) return null;
  const since = `${standby.name} has received nothing from its upstream for ${formatDuration(silentMs)}`;
  if (upstream === null) return null;
  if (upstream.fresh && upstream.live === null) {
    return { receiving: false, state: 'down', reason: `${since}: PostgreSQL on ${upstream.name} does not answer.` };
  }
  if (!upstream.fresh) {
    return { receiving: null, state: 'unknown', reason: `${since}, and ${upstream.name} is not seen: it may be idle or gone.` };
  }
  const received = receivedLsn(standby.live!);
  const isOwed = owes(upstream, received, (standby.observedAtMs ?? 0) - WAL_CROSSING_MS);
  return isOwed ? { receiving: false, state: 'down', reason: `${since}, though ${upstream.name} has WAL for it.` } : null;
}

/** True if the upstream had WAL beyond `lsn` at that moment. */
function owes(upstream: Sighting, lsn: bigint | null, atMs: number): boolean {
  const had = pointAt(upstream.trail, atMs);
  return had !== null && lsn !== null && had.lsn > lsn;
}

/** Why the upstream can't be asked about one stream; `null` = its list can be believed. */
export function whyNotAsked(upstream: Sighting): string | null {
  const losses = upstream.live?.downstreamLosses;
  if (upstream.live === null) return `${upstream.name} can’t be queried now`;
  if (losses === undefined || losses.more + losses.dropped === 0) return null;
  return `${upstream.name} has ${losses.more + losses.dropped} more streams than it can report`;
}

/** The upstream's view; `null` = it can't be seen now, or its list is cut. `row` is `null` when it lists no such stream. */
export interface SendingEnd {
  row: Downstream | null;
  state: LinkState;
  reason: string | null;
}

export function sendingEnd(upstream: Sighting, standby: Sighting): SendingEnd | null {
  if (upstream.live === null) return null;
  const row = downstreamRow(upstream, standby.name);
  if (row === null && whyNotAsked(upstream) !== null) return null;
  if (row === null) return { row, state: 'down', reason: `${upstream.name} lists no stream to ${standby.name}.` };
  // The reply carries the standby's clock; corrected, it compares with the upstream's sample on the controller's clock.
  const repliedAtMs = row.replyAt === null ? null : Date.parse(row.replyAt) + standby.clockCorrectionMs;
  const silentMs = repliedAtMs === null ? 0 : (upstream.observedAtMs ?? 0) - repliedAtMs;
  const acknowledged = furthestLsn(parseLsnOrNull(row.flushLsn), parseLsnOrNull(row.replayLsn));
  if (silentMs > LINK_SILENT_MS && owes(upstream, acknowledged, (upstream.observedAtMs ?? 0) - WAL_CROSSING_MS)) {
    const reason = `${upstream.name} has had no acknowledgement from ${standby.name} for ${formatDuration(silentMs)}, though it sent WAL.`;
    return { row, state: 'down', reason };
  }
  if (isUnknownWord(row.state)) {
    const word = row.state.replace('unknown: ', '');
    return { row, state: 'unknown', reason: `PostgreSQL on ${upstream.name} reports state “${word}”, which this release does not know.` };
  }
  return { row, state: row.state, reason: null };
}

/** Samples of two nodes are a tick apart at most; beyond it the older one can't contradict the newer. */
const SAMPLE_PHASE_MS = 1_500;

export function isOlderWord(one: Sighting, other: Sighting): boolean {
  return (one.observedAtMs ?? 0) < (other.observedAtMs ?? 0) - SAMPLE_PHASE_MS;
}

/** Both ends taken together. The worse of two visible ends counts; a single visible end is said to be the only one. */
export function combineEnds(
  upstream: Sighting,
  standby: Sighting,
  sending: SendingEnd | null,
  receiving: ReceivingEnd | null,
): { state: LinkState; reason: string | null } {
  if (sending === null && receiving === null) {
    return { state: 'unknown', reason: `Neither ${upstream.name} nor ${standby.name} can be queried about it now.` };
  }
  if (sending === null) {
    return { state: receiving!.state, reason: receiving!.reason ?? `Seen from ${standby.name} only: ${whyNotAsked(upstream)}.` };
  }
  if (receiving === null) {
    return { state: sending.state, reason: sending.reason ?? `Seen from ${upstream.name} only: ${standby.name} can’t be queried now.` };
  }
  // The stream ended after the standby last spoke: the newer word counts.
  if (receiving.state === 'streaming' && sending.row === null && isOlderWord(standby, upstream)) {
    return { state: 'down', reason: sending.reason };
  }
  if (receiving.state === 'streaming' && sending.row === null) {
    return { state: 'unknown', reason: `${standby.name} reports that it streams, but ${upstream.name} does not list it.` };
  }
  if (receiving.state !== 'streaming') return { state: receiving.state, reason: receiving.reason };
  return { state: sending.state, reason: sending.reason };
}
