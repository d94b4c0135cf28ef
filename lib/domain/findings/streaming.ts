/** Rules about streams: who receives, who replays, who is missing. */
import { formatDuration, formatSeconds } from '../format/duration.ts';
import { formatBytes } from '../format/quantity.ts';
import { parseSyncNames } from '../postgres/sync-names.ts';
import { receivedLsn } from '../lag/position-trail.ts';
import { parseWalName } from '../postgres/wal-name.ts';
import { isOlderWord, sendingEnd } from '../topology/link-state.ts';
import { replayWaitMs } from '../topology/node-state.ts';
import type { Sighting } from '../topology/sighting.ts';
import { slotNameOf } from '../topology/sighting.ts';
import type { Evidence, FindingCandidate } from './model.ts';
import type { Rule, RuleContext } from './rule.ts';
import { nodeRule } from './rule.ts';

const text = (value: string | null): Evidence => ({ kind: 'text', value });
const count = (value: number | null): Evidence => ({ kind: 'count', value });
const bytes = (value: number | null): Evidence => ({ kind: 'bytes', value });
const duration = (value: number | null): Evidence => ({ kind: 'durationMs', value });

/** The present primary, when this standby still looks at a node that led before it; else `null`. */
function leftBehindBy({ name, live }: Sighting, { views, sightings, primary, input }: RuleContext): string | null {
  const view = views.get(name);
  if (live === null || !live.inRecovery || view?.replication?.receiving !== false || primary === null) return null;
  const upstream = sightings.get(view.upstream ?? '');
  if (upstream === undefined || upstream.name === primary.name || input.leadership === null) return null;
  const authority = upstream.observation?.authority ?? null;
  const hasLed = authority?.role === 'fenced' || (authority?.leaderTerm != null && authority.leaderTerm < input.leadership.term);
  return hasLed && input.leadership.holder !== upstream.name ? primary.name : null;
}

const standbyLeftBehind = nodeRule('standby-left-behind', (standby, context) => {
  const primary = leftBehindBy(standby, context);
  const upstream = context.views.get(standby.name)?.upstream ?? null;
  if (primary === null) return [];
  return [
    {
      severity: 'critical',
      subject: null,
      summary: `${standby.name} still follows ${upstream ?? 'nobody'}, which does not lead any more; ${primary} is the primary.`,
      evidence: {
        upstream: text(upstream),
        primary: text(primary),
        timeline: count(standby.live?.timeline ?? null),
        timelineOfPrimary: count(context.views.get(primary)?.timeline ?? null),
        reason: text(context.views.get(standby.name)?.stateReason ?? null),
      },
    },
  ];
});

const standbyNotReceiving = nodeRule('standby-not-receiving', (standby, context) => {
  const { name, live } = standby;
  const { views, linksTo } = context;
  const view = views.get(name);
  if (live === null || !live.inRecovery || view?.replication?.receiving !== false || leftBehindBy(standby, context) !== null) return [];
  const { lag, upstream } = view;
  const behind = lag.totalBytes === null ? '' : ` It is ${formatBytes(lag.totalBytes)} and ${formatSeconds(lag.seconds)} behind.`;
  return [
    {
      severity: 'critical',
      subject: null,
      summary: `${name} receives no WAL${upstream === null ? '' : ` from ${upstream}`}.${behind}`,
      evidence: {
        reason: text(view.stateReason ?? linksTo.get(name)?.stateReason ?? null),
        upstream: text(upstream),
        walReceiver: text(live.walReceiver?.status ?? 'none'),
        behindBytes: bytes(lag.totalBytes),
        behindFor: duration(lag.seconds === null ? null : lag.seconds * 1000),
      },
    },
  ];
});

const standbyNotSeenByUpstream = nodeRule('standby-not-seen-by-upstream', (standby, { sightings, views }) => {
  const view = views.get(standby.name);
  const upstream = sightings.get(view?.upstream ?? '');
  if (upstream === undefined || view?.replication?.receiving !== true || isOlderWord(standby, upstream)) return [];
  const sending = sendingEnd(upstream, standby);
  if (sending === null || sending.state !== 'down') return [];
  return [
    {
      severity: 'warning',
      subject: null,
      summary: `${standby.name} says that it streams from ${upstream.name}, which does not hear it: ${sending.reason}`,
      evidence: {
        upstream: text(upstream.name),
        reason: text(sending.reason),
        lastReply: { kind: 'instant', value: sending.row?.replyAt ?? null },
      },
    },
  ];
});

const replayStalled = nodeRule('replay-stalled', (standby, { views }) => {
  const view = views.get(standby.name);
  if (view?.replication?.replaying !== false || standby.live?.replayPaused === true) return [];
  const waitMs = replayWaitMs(standby);
  return [
    {
      severity: 'warning',
      subject: null,
      summary: `Replay on ${standby.name} has not moved for ${formatDuration(waitMs)} while ${formatBytes(view.lag.applyBytes)} wait.`,
      evidence: {
        stalledFor: duration(waitMs),
        waiting: bytes(view.lag.applyBytes),
        replayPosition: { kind: 'lsn', value: standby.live?.replayLsn ?? null },
        conflictsCancelled: count(standby.live?.conflictsCancelled ?? null),
      },
    },
  ];
});

const replayPaused = nodeRule('replay-paused', ({ name, live }, { views }) => {
  if (live?.inRecovery !== true || live.replayPaused !== true) return [];
  const lag = views.get(name)?.lag;
  return [
    {
      severity: 'warning',
      subject: null,
      summary: `Replay on ${name} is paused.`,
      evidence: { waiting: bytes(lag?.applyBytes ?? null), behindFor: duration(lag?.seconds == null ? null : lag.seconds * 1000) },
    },
  ];
});

/** A copy that is planned, but neither seen itself nor served by any upstream. A standby that is seen has its own findings. */
const standbyMissing: Rule = {
  code: 'standby-missing',
  evaluate: ({ sightings, views, linksTo }) =>
    [...sightings.values()].flatMap((sighting): FindingCandidate[] => {
      const { name, role, live } = sighting;
      const link = linksTo.get(name);
      const isServed = link !== undefined && link.state !== 'down' && link.state !== 'unknown';
      if (role === 'primary' || live !== null || isServed) return [];
      // While no upstream can be asked either, whether it still streams is unknown and `node-not-seen` says so.
      const upstream = sightings.get(link?.from ?? '');
      const neverSeen = sighting.node.latest === null;
      const isDown = sighting.fresh && sighting.observation?.server.state === 'stopped';
      if (!neverSeen && !isDown && upstream?.live == null) return [];
      const why = neverSeen
        ? 'no agent has reported from it'
        : isDown
          ? 'PostgreSQL on it is stopped'
          : `${link!.from} lists no live stream to it`;
      return [
        {
          code: 'standby-missing',
          severity: 'warning',
          nodeName: name,
          subject: null,
          summary: `${name} is expected in this cluster, but ${why}.`,
          evidence: {
            lastSeen: { kind: 'instant', value: views.get(name)?.observedAt ?? null },
            upstream: text(link?.from ?? null),
            enrolled: text(sighting.node.enrolled ? 'yes' : 'no'),
          },
        },
      ];
    }),
};

/** The upstream can't give a standby what it asks for next: its slot was lost, or it has no slot and is beyond all WAL kept. */
const walRemoved = nodeRule('wal-removed', (standby, context) => {
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
  const how = isBeyond ? 'has no slot and is beyond all WAL kept' : `lost its slot ${slotName}`;
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
});

/** Whether the archive still holds the segment in question; `null` when no repository could be read. */
function archiveReaches(standby: Sighting, upstream: Sighting, needed: bigint | null): boolean | null {
  const facts = [standby, upstream].map(({ node }) => node.facts).find((candidate) => candidate?.backupRepository?.readable);
  const oldest = facts?.backupRepository?.archiveOldestWal;
  const segmentBytes = facts?.control?.walSegmentBytes;
  if (oldest == null || segmentBytes === undefined || needed === null) return null;
  const segment = parseWalName(oldest, segmentBytes);
  return segment === null ? null : segment.number <= needed / BigInt(segmentBytes);
}

const syncStandbyMissing = nodeRule('sync-standby-missing', ({ name, live }) => {
  const requirement = live?.inRecovery === false ? parseSyncNames(live.synchronousStandbyNames) : null;
  if (requirement === null) return [];
  const connected = live!.downstreams.filter(
    ({ syncState, state }) => (syncState === 'sync' || syncState === 'quorum') && state === 'streaming',
  );
  if (connected.length >= requirement.required) return [];
  return [
    {
      severity: 'critical',
      subject: null,
      summary: `Commits on ${name} wait for ${requirement.required} synchronous standby(s), but ${connected.length} are streaming.`,
      evidence: {
        required: count(requirement.required),
        streaming: count(connected.length),
        named: text(requirement.members.join(', ')),
        missing: text(requirement.members.filter((member) => !connected.some((row) => row.applicationName === member)).join(', ')),
      },
    },
  ];
});

export const STREAMING_RULES: readonly Rule[] = [
  standbyLeftBehind,
  standbyNotReceiving,
  standbyNotSeenByUpstream,
  replayStalled,
  replayPaused,
  standbyMissing,
  walRemoved,
  syncStandbyMissing,
];
