/**
 * Planned change of primary (reference/ha.md §1.7). The critical stages hold nothing but what must be in them: clients are held, the
 * primary stops, the term is taken, the target is promoted, clients resume.
 */
import { slotNameOf } from '../../topology/sighting.ts';
import { CATCH_UP_WAIT_MS, DEADLINES_MS, DRAIN_MS, LAST_WAL_WAIT_MS } from './deadlines.ts';
import type { PlannedNode, Step } from '../model.ts';
import { targetOf } from '../target.ts';
import type { Target } from '../target.ts';
import type { Picture } from './planning-topology.ts';
import { asPrimary, childrenOf, followerOf, hasSlot, poolerAgent, swapSynchronous, topologyAfter } from './planning-topology.ts';
import type { Planned } from './planned.ts';
import { impossible, listed } from './planned.ts';
import type { Draft } from './steps.ts';
import {
  afterPromotion,
  ask,
  checkpoint,
  dropSlot,
  follow,
  inStages,
  pausePooler,
  pointPooler,
  report,
  seeStreaming,
  seeSynchronous,
  seeWritable,
  setSynchronous,
  slotFor,
  stageOf,
  startStandby,
  switchPooler,
  takeTerm,
  NOTHING_TO_UNDO,
} from './steps.ts';

const STOP_PRIMARY = 'stop-primary';
const AWAIT_LAST_WAL = 'await-last-wal';

export type Stages = (readonly [Step['phase'], readonly Draft[]])[];

export interface SwitchoverRequest {
  target: string;
}

export function planSwitchover({ target }: SwitchoverRequest, picture: Picture): Planned {
  const reasons = [
    ...whyNobodyHandsOver(target, picture),
    ...whyNotSwitchOver(targetOf(picture.input.view, target, picture.before.primary)),
  ];
  if (reasons.length > 0) return impossible(reasons[0]!);
  const { stages, after } = switchoverStages(target, picture);
  const steps = inStages(stages);
  const followers = after.nodes.filter(({ role, upstream }) => role === 'standby' && upstream === target).map(({ name }) => name);
  return {
    summary: `${target} becomes primary; ${listed(followers)} ${followers.length === 1 ? 'follows' : 'follow'} it.`,
    after,
    steps,
    pointOfNoReturn: stageOf(steps, 'take-term'),
  };
}

function whyNobodyHandsOver(target: string, { before, input, term }: Picture): string[] {
  const { primary } = before;
  if (primary === null) {
    const writable = before.nodes.filter(({ role }) => role === 'primary').map(({ name }) => name);
    if (writable.length > 1) return [`${listed(writable)} both accept writes. Stop the one that is not meant to be primary first.`];
    return ['No primary is seen that could be shut down. If it is gone, use a failover.'];
  }
  const holder = input.leadership?.holder ?? null;
  if (target === primary || holder === primary) return [];
  return [`Term ${term} belongs to ${holder ?? 'nobody'}, but ${primary} accepts writes. Wait until the record and the cluster agree.`];
}

export function whyNotSwitchOver({ name, node, role, primary, timelineOfPrimary }: Target): string[] {
  if (name === primary) return [`${name} is the primary already. Choose a standby.`];
  if (role === 'unknown') return [`${name} is not seen now, so it can’t take over. Bring it back or choose another.`];
  if (node?.state === 'fenced') return [`${name} is fenced: it may have another history. Revert it first, or choose another.`];
  if (role === 'down') return [`${name} is down: only a standby that streams can take over. Start it or choose another.`];
  if (role !== 'standby' || node?.upstream == null) return [`${name} streams from no known node. Re-parent it to the primary first.`];
  const own = node.timeline;
  if (own !== null && timelineOfPrimary !== null && own !== timelineOfPrimary) {
    return [
      `${name} is on timeline ${own}, ${primary} on ${timelineOfPrimary}: it has another history. Revert it first, or choose another.`,
    ];
  }
  return [];
}

/** The stages, and what the cluster looks like after them. `picture` may be one that is only reached by earlier steps. */
export function switchoverStages(target: string, picture: Picture): { stages: Stages; after: ReturnType<typeof topologyAfter> } {
  const primary = picture.before.primary!;
  const oldUpstream = picture.nodes.get(target)!.planned.upstream!;
  const isCascading = oldUpstream !== primary;
  const moving = childrenOf(picture, primary).filter(({ name }) => name !== target);
  const followers = [primary, ...moving.map(({ name }) => name)];
  const { synchronous } = picture.before;
  const nextSynchronous = swapSynchronous(synchronous, target, primary);
  const isSynchronous = (name: string) =>
    nextSynchronous !== null && (nextSynchronous.standbys.includes(name) || nextSynchronous.standbys.includes('*'));
  // Commits on the new primary wait for these, so that clients wait for them too.
  const urgent = moving.filter(({ name }) => isSynchronous(name));
  const poolers = [...picture.poolers.keys()].map((pooler) => ({ pooler, agent: poolerAgent(picture, pooler, [target])! }));

  const stages: Stages = [
    ['prepare', [report(primary), report(target), ...moving.map(({ name }): Draft => ({ ...report(name), onFailure: 'follow-up' }))]],
    ...(isCascading ? comeUnderPrimary(target, primary, picture) : []),
    ['prepare', [withFullSegment(checkpoint(primary, 'current', 'so that the shutdown has little left to write', 'roll-back'), primary)]],
    [
      'prepare',
      followers.map((name) =>
        slotFor(target, name, {
          exists: hasSlot(picture, target, slotNameOf(name)),
          term: 'current',
          ...(name === primary ? {} : { lsnFrom: { step: `report-${name}`, path: ['report', 'replayedLsn'] } }),
        }),
      ),
    ],
    ['prepare', nextSynchronous === null ? [] : [setSynchronous(target, nextSynchronous, null, 'current')]],
    ['prepare', [holdArchiveRestore(target)]],
    ['prepare', [awaitFilled(target, primary)]],
    // After that of the primary has come: a standby checkpoints no further than its primary did, and makes its next segment then.
    ['prepare', [checkpoint(target, 'current', 'so that the promotion has little left to replay', 'roll-back')]],
    ['critical', poolers.map(({ pooler, agent }) => pausePooler(pooler, agent))],
    [
      'critical',
      [
        ...poolers.map(({ pooler, agent }) => pointPooler(pooler, agent, target, primary)),
        stopPrimary(
          primary,
          target,
          moving.filter(({ name }) => synchronous?.standbys.includes(name)),
        ),
        awaitLastWal(target, primary),
      ],
    ],
    ['critical', [takeTermAfterStop(target)]],
    [
      'critical',
      [
        promoteAfterStop(
          target,
          primary,
          picture.timeline ?? 1,
          poolers.filter(({ agent }) => agent === target).map(({ pooler }) => pooler),
        ),
      ],
    ],
    [
      'critical',
      [
        ...poolers.map(({ pooler, agent }) => switchPooler(pooler, agent, target, 'next', true)),
        ...urgent.map((node) => followNew(node, target)),
      ],
    ],
    [
      'finish',
      [
        seeWritable(target),
        ...moving.filter((node) => !urgent.includes(node)).map((node) => followNew(node, target)),
        startStandby(primary, target, { term: 'next', onFailure: 'follow-up' }),
      ],
    ],
    ['finish', followers.map((name) => seeStreaming(name, target, 'follow-up'))],
    ['finish', nextSynchronous === null ? [] : [seeSynchronous(target, nextSynchronous.required)]],
    // Not before: it makes all sessions of the new primary read their configuration again, while clients come back. And not beside the
    // checkpoint, which may take minutes: an agent lets nothing wait behind such a command.
    ['finish', [putBackArchiveRestore(target)]],
    [
      'finish',
      [
        {
          ...checkpoint(target, 'next', 'so that a later rewind finds the new timeline', 'follow-up'),
          id: `checkpoint-promoted-${target}`,
        },
      ],
    ],
    ['finish', afterPromotion(target)],
    ['finish', leftSlots(picture, target, primary, moving, isCascading).map(([holder, slot]) => dropSlot(holder, slot, 'next'))],
  ];
  const changes = Object.fromEntries(followers.map((name) => [name, followerOf(name, target)]));
  return { stages, after: topologyAfter(picture.before, target, nextSynchronous, { ...changes, [target]: asPrimary }) };
}

/** A cascading target streams from the primary itself before anything stops: the last WAL must not have to pass through a third node. */
function comeUnderPrimary(target: string, primary: string, picture: Picture): Stages {
  const { upstream, slot } = picture.nodes.get(target)!.planned;
  const exists = hasSlot(picture, primary, slotNameOf(target));
  const lsnFrom = { step: `report-${target}`, path: ['report', 'replayedLsn'] };
  return [
    ['prepare', [slotFor(primary, target, { exists, term: 'current', lsnFrom })]],
    [
      'prepare',
      [
        follow(target, primary, {
          term: 'current',
          back: { upstream: upstream!, slot },
          onFailure: 'roll-back',
          id: `follow-${target}-directly`,
        }),
      ],
    ],
    ['prepare', [seeStreaming(target, primary, 'roll-back')]],
  ];
}

function stopPrimary(primary: string, target: string, synchronous: readonly PlannedNode[]): Draft {
  const keepStreaming = [target, ...synchronous.map(({ name }) => name)];
  return {
    id: STOP_PRIMARY,
    title: `Shut down ${primary} (fast)`,
    does: `${primary} ends its sessions, writes its shutdown checkpoint and sends the last WAL to ${listed(keepStreaming)}.`,
    verifiedBy: 'pg_control says “shut down”; its checkpoint position is what the target must have.',
    worst: `${primary} is stopped and no node is primary: it is started again as it was.`,
    waitsFor: `waiting for the shutdown checkpoint of ${primary}`,
    action: ask(primary, 'stop-primary', { keepStreaming, drainMs: DRAIN_MS }, 'current'),
    deadlineMs: DEADLINES_MS.stopPrimary,
    attemptsMax: 2,
    undo: ask(primary, 'start-primary', {}, 'current'),
    undoText: `${primary} is started again as primary under the same term.`,
    onFailure: 'roll-back',
  };
}

/**
 * A shutdown with archiving on sends up to 16 MB of padding of the last segment while clients wait; a segment filled before leaves next to
 * nothing (docs/measurements.md). The archive backlog is cleared before as well.
 */
function withFullSegment(draft: Draft, primary: string): Draft {
  return {
    ...draft,
    does: `${draft.does.slice(0, -1)}; where it archives, its WAL segment is filled up, so that the shutdown has no padding to send, and what is due is archived, three seconds at most.`,
    action: ask(primary, 'checkpoint', { fillSegment: true }, 'current'),
  };
}

/**
 * A standby that loses its upstream looks into the archive before it takes a promotion, and again for the number of its new timeline:
 * each look is a program that runs while clients wait (docs/decisions/0012).
 */
function holdArchiveRestore(target: string): Draft {
  return {
    id: `hold-archive-restore-${target}`,
    title: `Suspend restore_command on ${target}`,
    does: `${target} streams and is left without restore_command for the switch, where its agent can see that the archive holds no later timeline.`,
    verifiedBy: 'The setting is read back; its old value is on the node’s disk first.',
    worst: `${target} restores nothing from the archive until its agent puts the setting back, after ten minutes.`,
    waitsFor: `waiting for ${target} to check the archive once`,
    action: ask(target, 'hold-archive-restore', { held: true }, 'current'),
    deadlineMs: DEADLINES_MS.archiveHold,
    attemptsMax: 1,
    undo: ask(target, 'hold-archive-restore', { held: false }, 'current'),
    undoText: `restore_command of ${target} is put back.`,
    // Without it the switchover takes longer, and is as safe.
    onFailure: 'follow-up',
  };
}

function putBackArchiveRestore(target: string): Draft {
  return {
    id: `put-back-archive-restore-${target}`,
    title: `Put restore_command back on ${target}`,
    does: `${target} has the restore_command that it had before. On a primary it has no effect.`,
    verifiedBy: 'The note of the old value is removed after the setting was written.',
    worst: `${target} has no restore_command until its agent puts it back, after ten minutes.`,
    waitsFor: `waiting for the setting on ${target}`,
    action: ask(target, 'hold-archive-restore', { held: false }, 'next'),
    deadlineMs: DEADLINES_MS.archiveHold,
    attemptsMax: 3,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'follow-up',
  };
}

/** The filled segment must have arrived before clients are paused, or they would wait for it after all. */
function awaitFilled(target: string, primary: string): Draft {
  return {
    id: 'await-filled',
    title: `Wait until ${target} has caught up with ${primary}`,
    does: `${target} receives the WAL of ${primary}’s checkpoint before clients have to wait.`,
    verifiedBy: `${target} reports a received position past it.`,
    worst: 'Nothing is changed.',
    waitsFor: `waiting for the WAL of ${primary} to reach ${target}`,
    action: ask(target, 'await-wal', { past: '0/0', waitMs: CATCH_UP_WAIT_MS }, 'current', {
      past: { step: `checkpoint-${primary}`, path: ['filledTo'], optional: true },
    }),
    deadlineMs: DEADLINES_MS.catchUp,
    attemptsMax: 1,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'roll-back',
  };
}

/**
 * Beside the shutdown, it costs clients no round trip: a primary ends its stream only when the standby has confirmed all of it. The next
 * step compares both positions before the term changes: otherwise the old primary is started again.
 */
function awaitLastWal(target: string, primary: string): Draft {
  return {
    id: AWAIT_LAST_WAL,
    title: `Wait until ${target} has received ${primary}’s last WAL`,
    does: `${target} receives until ${primary} ends the stream after its shutdown checkpoint, so that no acknowledged row is missing.`,
    verifiedBy: `${target} reports its received position; the next step compares it with that checkpoint.`,
    worst: `${primary} is stopped and no node is primary: it is started again as it was.`,
    waitsFor: `waiting for the shutdown checkpoint of ${primary} to reach ${target}`,
    action: ask(target, 'await-wal', { past: null, waitMs: DEADLINES_MS.stopPrimary + LAST_WAL_WAIT_MS }, 'current'),
    deadlineMs: DEADLINES_MS.stopPrimary + DEADLINES_MS.awaitWal,
    // Asked again, it finds the stream at its end.
    attemptsMax: 2,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'roll-back',
  };
}

function takeTermAfterStop(target: string): Draft {
  const draft = takeTerm(target);
  return {
    ...draft,
    does: `${target} is verified to have the shutdown checkpoint. ${draft.does}`,
    action: {
      by: 'controller',
      action: {
        do: 'take-term',
        holder: target,
        onlyIf: {
          received: { step: AWAIT_LAST_WAL, path: ['receivedLsn'] },
          past: { step: STOP_PRIMARY, path: ['control', 'checkpointLsn'] },
        },
      },
    },
  };
}

/**
 * `poolers`: those that the target's own agent moves. It resumes their clients itself, the moment it is writable; the step that follows
 * makes sure of it (docs/decisions/0015).
 */
function promoteAfterStop(target: string, primary: string, timeline: number, poolers: readonly string[]): Draft {
  return {
    id: `promote-${target}`,
    title: `Promote ${target}`,
    does: [
      `${target} ends recovery, after it has verified once more that it has the shutdown checkpoint of ${primary}.`,
      ...(poolers.length > 0 ? [`Its agent resumes ${listed(poolers)} at once.`] : []),
    ].join(' '),
    verifiedBy: 'It is out of recovery, on a new timeline whose switch point is read.',
    worst: `No node is primary: ${primary} is stopped and ${target} is not promoted. It is retried, or given up for a failover.`,
    waitsFor: `waiting for ${target} to come out of recovery`,
    action: ask(
      target,
      'promote',
      { timeline, receivedPast: null, waitMs: LAST_WAL_WAIT_MS, ...(poolers.length > 0 ? { resume: [...poolers] } : {}) },
      'next',
      {
        receivedPast: { step: STOP_PRIMARY, path: ['control', 'checkpointLsn'] },
      },
    ),
    deadlineMs: DEADLINES_MS.promote,
    attemptsMax: 3,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'hold',
  };
}

const followNew = (node: PlannedNode, target: string): Draft =>
  follow(node.name, target, { term: 'next', back: null, onFailure: 'follow-up' });

/**
 * Slots through which nobody streams any more once all follow the target: left alone, they would keep WAL for ever. Among them those that
 * an earlier change made for a standby which then took another upstream. That of a standby that is not seen stays: it may come back to it.
 */
function leftSlots(
  picture: Picture,
  target: string,
  primary: string,
  moving: readonly PlannedNode[],
  isCascading: boolean,
): (readonly [string, string])[] {
  const { upstream, slot } = picture.nodes.get(target)!.planned;
  const used = [...moving.map((node) => [primary, node.slot] as const), [upstream!, slot] as const];
  const prepared = isCascading ? [[primary, slotNameOf(target)] as const] : [];
  const unused = picture.before.nodes
    .filter((node) => node.role === 'standby' && node.upstream !== null && node.upstream !== primary)
    .map(({ name }) => [primary, slotNameOf(name)] as const)
    .filter(([holder, name]) => hasSlot(picture, holder, name));
  const all = [...used, ...prepared, ...unused].filter((pair): pair is readonly [string, string] => pair[1] !== null);
  return all.filter(([holder, name], index) => all.findIndex((other) => other[0] === holder && other[1] === name) === index);
}
