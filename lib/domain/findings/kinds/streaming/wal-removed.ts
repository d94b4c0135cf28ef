/** Finds a standby whose upstream can’t give it the WAL that it asks for next. */
import { receivedLsn } from '../../../lag/position-trail.ts';
import { parseWalName } from '../../../postgres/wal-name.ts';
import type { Sighting } from '../../../topology/sighting.ts';
import { slotNameOf } from '../../../topology/sighting.ts';
import { text, bytes } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { upstreamSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const walRemoved: FindingKind<'wal-removed'> = {
  code: 'wal-removed',
  title: 'WAL that the standby needs was removed',
  impact: 'This standby can no longer catch up from its upstream: it needs the archive, or a re-clone.',
  likelyCauses: ['It was away longer than max_slot_wal_keep_size or wal_keep_size allow.', 'It streams without a slot.'],
  nextAction:
    'If the archive reaches back far enough, set restore_command on {node} and restart it. Otherwise re-clone it (pg_basebackup).',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: upstreamSeen,
  explains: ['lost-wal'],
  cause: (finding, look) => look.awayOn(finding.nodeName) ?? look.find(['lost-slot'], look.slotOf(finding.nodeName)),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  /** The upstream can't give a standby what it asks for next: its slot was lost, or it has no slot, and needs WAL older than what is retained. */
  rule: perNode((standby, context) => {
    const { live, name } = standby;
    const view = context.views.get(name);
    const upstream = context.sightings.get(view?.upstream ?? '');
    if (live === null || !live.inRecovery || view?.replication?.receiving !== false || upstream?.live == null) return [];
    const needed = receivedLsn(live);
    const slotName = context.linksTo.get(name)?.slotName ?? slotNameOf(name);
    const slot = upstream.live.slots.find((candidate) => candidate.name === slotName);
    const had = upstream.trail.at(-1)?.lsn ?? null;
    const kept = upstream.live.walDirectoryBytes;
    const isBeyond = slot === undefined && needed !== null && had !== null && kept !== null && had - needed > BigInt(kept);
    if (slot?.walStatus !== 'lost' && !isBeyond) return [];
    const inArchive = archiveReaches(standby, upstream, needed);
    const how = isBeyond ? 'has no slot, and needs WAL older than what is retained' : `lost its slot ${slotName}`;
    return [
      {
        severity: inArchive === true ? 'warning' : 'critical',
        subject: null,
        summary: `${name} needs WAL that ${upstream.name} no longer has (it ${how}).`,
        evidence: {
          needs: { kind: 'lsn', value: live.replayLsn },
          keptByUpstream: bytes(kept),
          archiveReachesBack: text(inArchive === null ? null : inArchive ? 'yes' : 'no'),
        },
      },
    ];
  }),
};

/** `null` when no repository could be read. */
function archiveReaches(standby: Sighting, upstream: Sighting, needed: bigint | null): boolean | null {
  const facts = [standby, upstream].map(({ node }) => node.facts).find((candidate) => candidate?.backupRepository?.readable);
  const oldest = facts?.backupRepository?.archiveOldestWal;
  const segmentBytes = facts?.control?.walSegmentBytes;
  if (oldest == null || segmentBytes === undefined || needed === null) return null;
  const segment = parseWalName(oldest, segmentBytes);
  return segment === null ? null : segment.number <= needed / BigInt(segmentBytes);
}
