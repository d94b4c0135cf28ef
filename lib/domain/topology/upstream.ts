/**
 * Finds each standby's upstream. Proof, strongest first: the upstream's list of streams (by `application_name`: a connection's address may
 * be a proxy's), the configuration, a slot kept for an absent standby.
 */
import type { Downstream } from '../../agent-contract/observation.ts';
import type { Sighting, Sightings } from './sighting.ts';
import { slotNameOf } from './sighting.ts';

/** The upstream of each node; `null` for a primary and where nothing tells. */
export function findUpstreams(sightings: Sightings): Map<string, string | null> {
  const all = [...sightings.values()];
  return new Map(all.map((standby) => [standby.name, standby.role === 'primary' ? null : upstreamOf(standby, all)]));
}

function upstreamOf(standby: Sighting, all: readonly Sighting[]): string | null {
  const others = all.filter((other) => other !== standby);
  const listing = others.filter((other) => other.postgres !== null && downstreamRow(other, standby.name) !== null);
  const listed = listing.filter((other) => other.fresh).sort((a, b) => lastReplyMs(b, standby.name) - lastReplyMs(a, standby.name))[0];
  const configured = configuredUpstream(standby, others);
  // A stale list is what was; what the standby itself is configured to, seen now, overrules it.
  if (listed !== undefined) return listed.name;
  if (configured !== null && standby.fresh) return configured;
  return listing[0]?.name ?? configured ?? slotHolder(standby, others);
}

/** The stream to a standby as its upstream lists it: the live one, should a dead connection still linger beside it. */
export function downstreamRow(upstream: Sighting, standbyName: string): Downstream | null {
  const rows = (upstream.postgres?.downstreams ?? []).filter((row) => row.applicationName === standbyName && row.state !== 'backup');
  return rows.sort((a, b) => replyMs(b) - replyMs(a))[0] ?? null;
}

const replyMs = (row: Downstream | null) => (row?.replyAt == null ? 0 : Date.parse(row.replyAt));
const lastReplyMs = (upstream: Sighting, standbyName: string) => replyMs(downstreamRow(upstream, standbyName));

function configuredUpstream(standby: Sighting, others: readonly Sighting[]): string | null {
  const hosts = [standby.postgres?.configuredUpstream?.host, standby.postgres?.walReceiver?.senderHost];
  for (const host of hosts) {
    if (host == null) continue;
    const matching = others.filter((other) => isHostOf(host.toLowerCase(), other.name.toLowerCase()));
    if (matching.length > 0) return matching.sort((a, b) => b.name.length - a.name.length)[0]!.name;
  }
  return null;
}

function isHostOf(host: string, nodeName: string): boolean {
  return host === nodeName || host.startsWith(`${nodeName}.`);
}

/** The node that keeps WAL for this standby: where its slot is in use, or was last. */
function slotHolder(standby: Sighting, others: readonly Sighting[]): string | null {
  const slotName = slotNameOf(standby.name);
  const kept = others.flatMap((other) => {
    const slot = other.postgres?.slots.find((candidate) => candidate.type === 'physical' && candidate.name === slotName);
    // A slot that was never used (no restart_lsn) is only prepared for a change of primary.
    return slot === undefined || (slot.restartLsn === null && slot.walStatus !== 'lost') ? [] : [{ name: other.name, slot }];
  });
  const lastUsedMs = ({ slot }: (typeof kept)[number]) =>
    slot.active ? Number.MAX_SAFE_INTEGER : slot.inactiveSince === null ? 0 : Date.parse(slot.inactiveSince);
  return kept.sort((a, b) => lastUsedMs(b) - lastUsedMs(a))[0]?.name ?? null;
}
