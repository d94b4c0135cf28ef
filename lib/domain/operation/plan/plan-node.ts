/** Operations on one node or slot that leave the primary where it is. */
import { slotNameOf } from '../../topology/sighting.ts';
import { DEADLINES_MS } from './deadlines.ts';
import type { OperationRequest } from '../model.ts';
import type { Picture } from './planning-topology.ts';
import { followerOf, hasSlot, poolerAgent, streamsThrough, topologyAfter } from './planning-topology.ts';
import type { Planned } from './planned.ts';
import { impossible } from './planned.ts';
import type { Draft } from './steps.ts';
import {
  NOTHING_TO_UNDO,
  ask,
  checkpoint,
  dropSlot,
  follow,
  inStages,
  pausePooler,
  report,
  seeStreaming,
  seeWritable,
  slotFor,
  stageOf,
  startStandby,
} from './steps.ts';

type RequestOf<K extends OperationRequest['kind']> = Extract<OperationRequest, { kind: K }>;

/** Why nothing can stream from there; `null` = it can. */
function whyNotUpstream(target: string, upstream: string, picture: Picture): string | null {
  const { role } = picture.nodes.get(upstream)!.planned;
  if (upstream === target) return `${target} can not follow itself. Choose another upstream.`;
  if (role === 'down') return `${upstream} is down: nobody can stream from it. Choose a node that runs.`;
  if (role === 'unknown') return `${upstream} is not seen now. Choose a node that is seen.`;
  if (picture.before.primary === null) return `No primary of ${picture.input.cluster} is seen. Fail over first.`;
  return null;
}

export function planAddStandby({ target, upstream, bytesPerSecondMax }: RequestOf<'add-standby'>, picture: Picture): Planned {
  const { planned, planning } = picture.nodes.get(target)!;
  const reason = whyNotUpstream(target, upstream, picture);
  if (reason !== null) return impossible(reason);
  if (!planning.enrolled) return impossible(`No agent has joined for ${target} yet. Enrol it first.`);
  if (planned.role === 'primary') return impossible(`${target} accepts writes: it is no empty node. Choose another.`);
  if (planned.role === 'standby') return impossible(`${target} is a standby already. Use “Re-parent” to give it another upstream.`);
  const exists = hasSlot(picture, upstream, slotNameOf(target));
  const steps = inStages([
    ['prepare', [report(upstream)]],
    ['prepare', [slotFor(upstream, target, { exists, term: 'current' })]],
    ['prepare', [copy(target, upstream, bytesPerSecondMax)]],
    ['finish', [startStandby(target, upstream, { term: 'current', onFailure: 'hold', undoable: true })]],
    ['finish', [seeStreaming(target, upstream, 'follow-up')]],
  ]);
  const after = topologyAfter(picture.before, picture.before.primary, picture.before.synchronous, {
    [target]: followerOf(target, upstream),
  });
  return { summary: `${target} becomes a standby of ${upstream}.`, after, steps, pointOfNoReturn: null };
}

function copy(target: string, upstream: string, bytesPerSecondMax: number | null): Draft {
  return {
    id: `clone-${target}`,
    title: `Copy ${upstream} to ${target}`,
    does: `pg_basebackup fills the empty directory of ${target}. A directory that holds something else is refused, not emptied.`,
    verifiedBy: 'pg_basebackup ended without an error, and the manifest is there.',
    worst: `A part of a copy may lie on ${target}; it is marked as unusable and is never started.`,
    waitsFor: `waiting for the base backup of ${upstream} on ${target}`,
    action: ask(target, 'clone', { source: upstream, slot: slotNameOf(target), replace: false, bytesPerSecondMax }, 'current'),
    deadlineMs: DEADLINES_MS.copy,
    attemptsMax: 1,
    undo: null,
    undoText: `What was copied to ${target} is removed; if that fails, it is marked as unusable.`,
    onFailure: 'roll-back',
  };
}

export function planReparent({ target, upstream }: RequestOf<'re-parent'>, picture: Picture): Planned {
  const { planned, view } = picture.nodes.get(target)!;
  const reason = whyNotUpstream(target, upstream, picture);
  if (reason !== null) return impossible(reason);
  if (planned.role !== 'standby')
    return impossible(`${target} is ${roleWord(planned.role)}: only a running standby can change its upstream.`);
  if (planned.upstream === upstream && planned.slot !== null) return impossible(`${target} follows ${upstream} already.`);
  if (streamsThrough(picture, upstream, target)) {
    return impossible(`${upstream} gets its WAL from ${target}: they would follow each other in a circle. Re-parent ${upstream} first.`);
  }
  const [own, theirs] = [view?.timeline ?? null, picture.nodes.get(upstream)!.view?.timeline ?? null];
  if (own !== null && theirs !== null && own > theirs) {
    return impossible(`${target} is on timeline ${own}, ${upstream} on ${theirs}: it holds another history. Revert it instead.`);
  }
  const exists = hasSlot(picture, upstream, slotNameOf(target));
  const back = planned.upstream === null ? null : { upstream: planned.upstream, slot: planned.slot };
  const isOldSlotLeft = back !== null && back.slot !== null && back.upstream !== upstream;
  const steps = inStages([
    ['prepare', [report(target), report(upstream)]],
    [
      'prepare',
      [slotFor(upstream, target, { exists, term: 'current', lsnFrom: { step: `report-${target}`, path: ['report', 'replayedLsn'] } })],
    ],
    ['prepare', [follow(target, upstream, { term: 'current', back, onFailure: 'roll-back' })]],
    ['finish', [seeStreaming(target, upstream, 'roll-back')]],
    ['finish', isOldSlotLeft ? [dropSlot(back.upstream, back.slot!, 'current')] : []],
  ]);
  const after = topologyAfter(picture.before, picture.before.primary, picture.before.synchronous, {
    [target]: followerOf(target, upstream),
  });
  const from = planned.upstream === null ? '' : ` instead of ${planned.upstream}`;
  return {
    summary: `${target} streams from ${upstream}${from}.`,
    after,
    steps,
    pointOfNoReturn: isOldSlotLeft ? steps.at(-1)!.stage : null,
  };
}

const roleWord = (role: string): string => (role === 'unknown' ? 'not seen now' : role === 'down' ? 'down' : 'the primary');

export function planDropSlot({ target, slot }: RequestOf<'drop-slot'>, picture: Picture): Planned {
  const { slots } = picture.nodes.get(target)!;
  if (slots === null) return impossible(`${target} does not answer, so that its slots are not known. Bring it back first.`);
  const found = slots.find(({ name }) => name === slot);
  if (found === undefined)
    return impossible(
      `${target} has no slot ${slot} (any more). Choose one of: ${slots.map(({ name }) => name).join(', ') || 'none is left'}.`,
    );
  const reader = picture.before.nodes.find((node) => node.upstream === target && node.slot === slot);
  if (reader !== undefined && found.active)
    return impossible(`${reader.name} streams through ${slot}: it is in use. Re-parent ${reader.name} first.`);
  const step: Draft = {
    ...dropSlot(target, slot, 'current'),
    does: `The slot ${slot} is dropped; WAL that only it kept may be removed at the next checkpoint.`,
    undoText: 'It can not be taken back: whoever read through it may miss WAL and need a new base backup.',
    onFailure: 'roll-back',
  };
  const steps = inStages([['finish', [step]]]);
  return { summary: `The slot ${slot} on ${target} is dropped.`, after: picture.before, steps, pointOfNoReturn: steps[0]!.stage };
}

export function planRestart({ target }: RequestOf<'restart'>, picture: Picture): Planned {
  const { planned } = picture.nodes.get(target)!;
  if (planned.role === 'unknown') return impossible(`${target} is not seen now, so that it can not be restarted from here.`);
  if (planned.role === 'down')
    return impossible(`${target} is down: a restart would start it unchecked. Revert it, or start it on its host.`);
  const restart: Draft = {
    id: `restart-${target}`,
    title: `Restart ${target}`,
    does: `PostgreSQL on ${target} is stopped in order and started in the same role.`,
    verifiedBy: 'The server answers, in the same role, and its start time is new.',
    worst: `${target} stays down. ${planned.role === 'primary' ? 'Nothing can be written until it is up.' : 'One standby less.'}`,
    waitsFor: `waiting for ${target} to accept connections again`,
    action: ask(target, 'restart', {}, 'current'),
    deadlineMs: DEADLINES_MS.restart,
    attemptsMax: 2,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'hold',
  };
  if (planned.role === 'standby') {
    const steps = inStages([
      ['prepare', [checkpoint(target, 'current', 'so that it starts with little to replay', 'follow-up')]],
      ['finish', [restart]],
      ['finish', planned.upstream === null ? [] : [seeStreaming(target, planned.upstream, 'follow-up')]],
    ]);
    return {
      summary: `${target} is restarted; the primary is not touched.`,
      after: picture.before,
      steps,
      pointOfNoReturn: stageOf(steps, restart.id),
    };
  }
  const poolers = [...picture.poolers.keys()].map((pooler) => ({ pooler, agent: poolerAgent(picture, pooler, [target])! }));
  const steps = inStages([
    ['prepare', [checkpoint(target, 'current', 'so that the shutdown has little left to write', 'roll-back')]],
    ['critical', poolers.map(({ pooler, agent }) => pausePooler(pooler, agent))],
    ['critical', [restart]],
    ['critical', poolers.map(({ pooler, agent }) => resumePooler(pooler, agent))],
    ['finish', [seeWritable(target)]],
  ]);
  return {
    summary: `${target}, the primary, is restarted in place.`,
    after: picture.before,
    steps,
    pointOfNoReturn: stageOf(steps, restart.id),
  };
}

function resumePooler(pooler: string, agent: string): Draft {
  return {
    id: `resume-${pooler}`,
    title: `Let clients of ${pooler} go on`,
    does: `${pooler} sends the waiting clients on.`,
    verifiedBy: 'The pooler lists the database as not paused.',
    worst: 'The primary is up, but clients still wait.',
    waitsFor: `waiting for ${pooler} to let clients go on`,
    action: ask(agent, 'pooler-resume', { pooler }, 'current'),
    deadlineMs: DEADLINES_MS.poolerSwitch,
    attemptsMax: 5,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'hold',
  };
}

export function planReload({ target }: RequestOf<'reload'>, picture: Picture): Planned {
  const { role } = picture.nodes.get(target)!.planned;
  if (role === 'unknown' || role === 'down') return impossible(`${target} is ${roleWord(role)}: there is nothing to reload.`);
  const step: Draft = {
    id: `reload-${target}`,
    title: `Reload the configuration of ${target}`,
    does: `PostgreSQL on ${target} reads its configuration again. Settings that need a restart stay as they are and are named.`,
    verifiedBy: 'The settings that still wait for a restart are read back.',
    worst: 'A fault in the file keeps the old values; the server’s log names it.',
    waitsFor: `waiting for ${target} to read its configuration`,
    action: ask(target, 'reload', {}, 'current'),
    deadlineMs: DEADLINES_MS.reload,
    attemptsMax: 2,
    undo: null,
    undoText: 'What the file says now is not taken back; change the file and reload again.',
    onFailure: 'roll-back',
  };
  return {
    summary: `The configuration of ${target} is read again.`,
    after: picture.before,
    steps: inStages([['finish', [step]]]),
    pointOfNoReturn: null,
  };
}
