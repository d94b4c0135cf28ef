/**
 * Bringing an old primary back (reference/ha.md §1.8): it is held down, what only it has is kept, its directory is brought onto the new
 * line by the first rung of a ladder that works, and it streams. On request it is made the primary again.
 */
import { slotNameOf } from '../../topology/sighting.ts';
import { DEADLINES_MS, LEDGER_ROWS_MAX } from './deadlines.ts';
import type { RejoinMethod, Step } from '../model.ts';
import { targetOf } from '../target.ts';
import type { Target } from '../target.ts';
import type { Picture } from './planning-topology.ts';
import { followerOf, hasSlot, pictureWith, topologyAfter } from './planning-topology.ts';
import { switchoverStages } from './plan-switchover.ts';
import type { Stages } from './plan-switchover.ts';
import type { Planned } from './planned.ts';
import { impossible, listed } from './planned.ts';
import type { Draft } from './steps.ts';
import { ask, checkpoint, inStages, report, seeStreaming, slotFor, stageOf, startStandby } from './steps.ts';

export interface ReversionRequest {
  target: string;
  method: RejoinMethod;
  /** Make it the primary again at the end, by a switchover that is part of this plan. */
  switchBack: boolean;
}
type Request = ReversionRequest;

export function planReversion(request: Request, picture: Picture): Planned {
  const { target, method, switchBack } = request;
  const reasons = whyNot(request, picture);
  if (reasons.length > 0) return impossible(...reasons);
  const primary = picture.before.primary!;

  if (method === 'keep') {
    const steps = inStages([
      ['prepare', [report(primary)]],
      ['prepare', [fence(target)]],
      ['prepare', [report(target)]],
      ['finish', [keepDiverged(target, primary)]],
    ]);
    const after = topologyAfter(picture.before, primary, picture.before.synchronous, {
      [target]: { role: 'down', upstream: null, slot: null },
    });
    return {
      summary: `${target} stays stopped for inspection; rows that exist only there are copied and listed.`,
      after,
      steps,
      pointOfNoReturn: null,
    };
  }
  // While one that is down is fenced and its ledger kept, the primary does its part. One that runs is stopped only when the primary has done it.
  const runs = ['primary', 'standby'].includes(picture.nodes.get(target)!.planned.role);
  const checkpointed = checkpoint(primary, 'current', 'so that a rewind finds its present timeline', 'roll-back');
  const slot = slotFor(primary, target, { exists: hasSlot(picture, primary, slotNameOf(target)), term: 'current', keep: switchBack });
  const rejoining: Stages = [
    ...(runs
      ? ([
          ['prepare', [report(primary), checkpointed]],
          ['prepare', [fence(target)]],
        ] satisfies Stages)
      : ([['prepare', [report(primary), fence(target)]]] satisfies Stages)),
    // An agent does one thing after the other: the slot goes first, because a checkpoint may take minutes.
    ['prepare', [report(target), slot]],
    ['prepare', [keepDiverged(target, primary), ...(runs ? [] : [checkpointed])]],
    ...rungs(request, primary, picture),
  ];
  const rejoined = pictureWith(picture, target, followerOf(target, primary));
  if (!switchBack) {
    const summary = `${target} becomes a standby of ${primary} by ${method === 'rewind' ? 'rewind' : 'a new base backup'}.`;
    return {
      summary,
      after: topologyAfter(rejoined.before, primary, picture.before.synchronous, {}),
      steps: inStages(rejoining),
      pointOfNoReturn: null,
    };
  }
  const { stages, after } = switchoverStages(target, rejoined);
  const steps = withUniqueIds(inStages([...rejoining, ...stages]));
  return {
    summary: `${target} becomes a standby of ${primary}, and then the primary again; ${primary} follows it.`,
    after,
    steps,
    pointOfNoReturn: stageOf(steps, 'take-term'),
  };
}

function whyNot({ target, method, switchBack }: Request, { before, input }: Picture): string[] {
  const writable = before.nodes.filter(({ role }) => role === 'primary').map(({ name }) => name);
  if (writable.length > 1 && method === 'keep')
    return [`${listed(writable)} both accept writes. Fence the one that is not meant to be primary first.`];
  if (before.primary === null) return [`No primary of ${input.cluster} is seen that ${target} could follow. Fail over first.`];
  const reasons = whyNotRevert(targetOf(input.view, target, before.primary));
  if (reasons.length > 0) return reasons;
  if (method === 'keep' && switchBack)
    return [`${target} can’t be kept for inspection and made primary in one plan. Choose one of the two.`];
  return [];
}

/** On the primary's own timeline and under it: what a reversion is for is reached. */
export function whyNotRevert({ name, node, role, slot, primary, timelineOfPrimary }: Target): string[] {
  if (name === primary) return [`${name} is the primary: there is nothing to revert. Choose the node that was primary before.`];
  const streams = role === 'standby' && node?.replication?.receiving === true && node.upstream !== null && slot !== null;
  if (!streams || node.timeline === null || node.timeline !== timelineOfPrimary) return [];
  return [`${name} streams from ${node.upstream} as it should: there is nothing to revert. To make it primary, use a switchover.`];
}

function fence(node: string): Draft {
  return {
    id: `fence-${node}`,
    title: `Hold ${node} down`,
    does: `The agent of ${node} stops PostgreSQL if it runs, and keeps it from being primary.`,
    verifiedBy: 'No process of its data directory is left.',
    worst: `${node} is stopped, as any node that waits for its reversion. The primary is not touched.`,
    waitsFor: `waiting for the agent of ${node} to prove that it is stopped`,
    action: ask(node, 'fence', {}, 'current'),
    deadlineMs: DEADLINES_MS.fence,
    attemptsMax: 2,
    undo: null,
    undoText: `${node} stays stopped, which is the safe state.`,
    onFailure: 'roll-back',
  };
}

function keepDiverged(node: string, primary: string): Draft {
  const fork = (part: 'timeline' | 'lsn') => ({ fork: part, of: `report-${node}`, against: `report-${primary}` });
  return {
    id: 'keep-diverged',
    title: `Save the loss ledger of ${node}`,
    does: `The WAL that ${node} wrote after its line left that of ${primary} is copied and summarised, and its rows are listed: the loss ledger.`,
    verifiedBy: 'The ledger names range, transactions, relations and rows, and where they are kept.',
    worst: 'Nothing is changed on the node; the copy may be incomplete.',
    waitsFor: `waiting for ${node} to copy its diverged WAL and list its rows`,
    action: ask(node, 'keep-diverged', { timeline: 1, forkLsn: '0/0', rowsMax: LEDGER_ROWS_MAX }, 'current', {
      timeline: fork('timeline'),
      forkLsn: fork('lsn'),
    }),
    deadlineMs: DEADLINES_MS.keepDiverged,
    attemptsMax: 2,
    undo: null,
    undoText: 'The copy stays where it is.',
    onFailure: 'roll-back',
  };
}

const LADDER = 'rejoin';

/**
 * Cheapest first. A rung is a way to the end, not to a half of it: a rewound directory whose standby does not start, or finds no WAL to stream
 * from, is as good as one that could not be rewound. A rung that fails leaves a directory that the next one replaces.
 */
function rungs({ target, method, switchBack }: Request, primary: string, picture: Picture): Stages {
  const backups = picture.nodes.get(target)!.planning.facts?.backupRepository;
  const byRewind = { rung: 'rewind', rungWords: 'the rewind', way: rewind(target, primary) };
  const byRestore = { rung: 'restore', rungWords: 'the restore', way: restore(target) };
  const byCopy = { rung: 'base-backup', rungWords: 'the base backup', way: clone(target, primary, 'hold') };
  const ways = method === 're-clone' ? [byCopy] : [byRewind, ...(backups?.readable === true ? [byRestore] : []), byCopy];
  return ways.flatMap(({ rung, rungWords, way }, index) => {
    const isLast = index === ways.length - 1;
    const after = index === 0 ? '' : `-after-${way.id}`;
    const start = startStandby(target, primary, { term: 'current', onFailure: isLast ? 'hold' : 'next-rung', undoable: !switchBack });
    const see = seeStreaming(target, primary, isLast ? (switchBack ? 'hold' : 'follow-up') : 'next-rung');
    // It may run without effect after the previous method.
    const stop = { ...fence(target), id: `fence-before-${way.id}`, title: `Keep ${target} stopped (again)`, onFailure: way.onFailure };
    const drafts = [...(index === 0 ? [] : [stop]), way, { ...start, id: `${start.id}${after}` }, { ...see, id: `${see.id}${after}` }];
    const inLadder = ways.length === 1 ? {} : { ladder: LADDER, rung, rungWords };
    return drafts.map((draft): Stages[number] => ['prepare', [{ ...draft, ...inLadder }]]);
  });
}

const UNUSABLE_UNDO =
  'It can’t be rolled back: the directory stays marked as unusable, and is never started, until a later attempt replaces it.';

function rewind(node: string, primary: string): Draft {
  return {
    id: `rewind-${node}`,
    title: `Rewind ${node} (pg_rewind)`,
    does: `pg_rewind copies the blocks that differ from ${primary}. The directory is marked as unusable until it is done.`,
    verifiedBy: 'pg_rewind ended without an error.',
    worst: 'The directory is marked as unusable and is never started; the next method is tried.',
    waitsFor: `waiting for pg_rewind on ${node}`,
    action: ask(node, 'rewind', { source: primary }, 'current'),
    deadlineMs: DEADLINES_MS.rewind,
    attemptsMax: 2,
    undo: null,
    undoText: UNUSABLE_UNDO,
    onFailure: 'next-rung',
  };
}

function restore(node: string): Draft {
  return {
    id: `restore-${node}`,
    title: `Restore ${node} from the last backup (pgBackRest)`,
    does: 'pgBackRest fetches the files that differ (delta) and makes it a standby. The directory is marked as unusable until it is done.',
    verifiedBy: 'pgBackRest ended without an error.',
    worst: 'The directory is marked as unusable and is never started; the next method is tried.',
    waitsFor: `waiting for pgBackRest on ${node}`,
    action: ask(node, 'restore', {}, 'current'),
    deadlineMs: DEADLINES_MS.copy,
    attemptsMax: 1,
    undo: null,
    undoText: UNUSABLE_UNDO,
    onFailure: 'next-rung',
  };
}

function clone(node: string, primary: string, onFailure: Step['onFailure']): Draft {
  return {
    id: `clone-${node}`,
    title: `Re-clone ${node} from ${primary} (pg_basebackup)`,
    does: `pg_basebackup replaces the whole directory of ${node}. It is marked as unusable until it is done.`,
    verifiedBy: 'pg_basebackup ended without an error, and the manifest is there.',
    worst: `The directory of ${node} is marked as unusable and is never started.`,
    waitsFor: `waiting for the base backup of ${primary} on ${node}`,
    action: ask(node, 'clone', { source: primary, slot: slotNameOf(node), replace: true, bytesPerSecondMax: null }, 'current'),
    deadlineMs: DEADLINES_MS.copy,
    attemptsMax: 2,
    undo: null,
    undoText: UNUSABLE_UNDO,
    onFailure,
  };
}

/** The switchover at the end asks and watches some of the same nodes again. The first of a kind keeps its id. */
function withUniqueIds(steps: Step[]): Step[] {
  const seen = new Set<string>();
  const renamed = new Map<string, string>();
  return steps.map((step) => {
    const id = seen.has(step.id) ? `${step.id}-again` : step.id;
    seen.add(id);
    if (id !== step.id) renamed.set(step.id, id);
    return { ...step, id, action: pointingAt(step.action, renamed) };
  });
}

/** Values that a later step takes from a report come from the report of its own half. */
function pointingAt(action: Step['action'], renamed: ReadonlyMap<string, string>): Step['action'] {
  if (action.by !== 'agent' || action.late === undefined) return action;
  const late = Object.entries(action.late).map(([key, from]) => [
    key,
    'step' in from ? { ...from, step: renamed.get(from.step) ?? from.step } : from,
  ]);
  return { ...action, late: Object.fromEntries(late) };
}
