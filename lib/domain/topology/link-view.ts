/** Builds one edge of the topology, with its figures. */
import type { Downstream } from '../../agent-contract/observation.ts';
import { isUnknownWord } from '../postgres/unknown-word.ts';
import { pointAt, receivedLsn } from '../lag/position-trail.ts';
import { lsnDifferenceBytes, parseLsnOrNull } from '../postgres/lsn.ts';
import type { ReceivingEnd, SendingEnd } from './link-state.ts';
import { combineEnds } from './link-state.ts';
import type { LinkView } from './model.ts';
import type { Sighting } from './sighting.ts';
import { slotNameOf } from './sighting.ts';

export function viewLink(upstream: Sighting, standby: Sighting, sending: SendingEnd | null, receiving: ReceivingEnd | null): LinkView {
  const { state, reason } = combineEnds(upstream, standby, sending, receiving);
  const row = sending?.row ?? null;
  const isUp = state !== 'down' && state !== 'unknown';
  const seenAtMs = [upstream, standby].filter((end) => end.live !== null).map((end) => end.observedAtMs!);
  return {
    from: upstream.name,
    to: standby.name,
    state,
    stateReason: reason,
    syncState: row === null || isUnknownWord(row.syncState) ? null : row.syncState,
    tls: row?.tls ? { version: row.tls.version, cipher: row.tls.cipher } : null,
    encrypted: row === null ? null : row.tls !== null,
    slotName: slotOf(upstream, standby),
    ...linkBytes(upstream, standby, row),
    writeLagMs: isUp ? (row?.writeLagMs ?? null) : null,
    replayLagMs: isUp ? (row?.replayLagMs ?? null) : null,
    walBytesPerSecond: standby.live?.walBytesPerSecond ?? null,
    observedAt: seenAtMs.length === 0 ? null : new Date(Math.min(...seenAtMs)).toISOString(),
  };
}

/** From the standby's own positions where it is seen, else from what it last told its upstream. */
function linkBytes(upstream: Sighting, standby: Sighting, row: Downstream | null): Pick<LinkView, 'transportBytes' | 'applyBytes'> {
  const received = standby.live === null ? parseLsnOrNull(row?.flushLsn) : receivedLsn(standby.live);
  const replayed = parseLsnOrNull(standby.live === null ? row?.replayLsn : standby.live.replayLsn);
  const atMs = standby.live === null ? upstream.observedAtMs : standby.observedAtMs;
  const had = upstream.live === null || atMs === null ? null : (pointAt(upstream.trail, atMs) ?? upstream.trail.at(-1) ?? null);
  return {
    transportBytes: had === null || received === null ? null : Math.max(0, lsnDifferenceBytes(had.lsn, received)),
    applyBytes: received === null || replayed === null ? null : Math.max(0, lsnDifferenceBytes(received, replayed)),
  };
}

function slotOf(upstream: Sighting, standby: Sighting): string | null {
  const used = standby.postgres?.walReceiver?.slotName ?? standby.postgres?.configuredUpstream?.slotName;
  if (used != null) return used;
  const byConvention = slotNameOf(standby.name);
  return upstream.postgres?.slots.some((slot) => slot.name === byConvention) ? byConvention : null;
}
