/** The makers of steps that several plans share. A maker fixes what a step says of itself; the planner decides where it stands. */
import type { SynchronousStandbys } from '../../../agent-contract/primitives.ts';
import type { Verb, VerbArgs } from '../../../agent-contract/verbs.ts';
import { slotNameOf } from '../../topology/sighting.ts';
import { ARCHIVE_WAIT_MS, DEADLINES_MS, PAUSE_WAIT_MS } from './deadlines.ts';
import { CHOSEN } from '../model.ts';
import type { ForkOf, FromStep, Step, StepAction } from '../model.ts';

/** A step without its place in the plan. */
export type Draft = Omit<Step, 'stage' | 'phase'>;
export type TermOf = 'current' | 'next';

/** A node's name in a sentence. */
export const who = (node: string): string => (node === CHOSEN ? 'the chosen standby' : node);
/** The same where a sentence begins: a name keeps its letters. */
const whoFirst = (node: string): string => (node === CHOSEN ? 'The chosen standby' : node);
/** The same in an id. */
export const idOf = (node: string): string => (node === CHOSEN ? 'chosen' : node);

export function ask<V extends Verb>(
  node: string,
  verb: V,
  args: VerbArgs<V>,
  term: TermOf,
  late?: Readonly<Record<string, FromStep | ForkOf>>,
): StepAction {
  const command = { verb, args } as unknown as Extract<StepAction, { by: 'agent' }>['command'];
  return { by: 'agent', node, command, term, ...(late === undefined ? {} : { late }) };
}

/** Stages in order; each is a phase and the steps that run side by side. Empty ones fall out. */
export function inStages(stages: readonly (readonly [Step['phase'], readonly Draft[]])[]): Step[] {
  return stages
    .filter(([, drafts]) => drafts.length > 0)
    .flatMap(([phase, drafts], index) => drafts.map((draft): Step => ({ ...draft, stage: index + 1, phase })));
}

export const stageOf = (steps: readonly Step[], id: string): number | null => steps.find((step) => step.id === id)?.stage ?? null;

export const NOTHING_TO_UNDO = 'Nothing to roll back.';

export function report(node: string, term: TermOf = 'current'): Draft {
  return {
    id: `report-${idOf(node)}`,
    title: `Read the state of ${who(node)}`,
    does: `The agent of ${who(node)} reads role, timeline and positions afresh. It changes nothing.`,
    verifiedBy: 'The answer carries what was read, with the time.',
    worst: 'Nothing is changed.',
    waitsFor: `waiting for the agent of ${node}`,
    action: ask(node, 'report', {}, term),
    deadlineMs: DEADLINES_MS.report,
    attemptsMax: 2,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'roll-back',
  };
}

export function checkpoint(node: string, term: TermOf, why: string, onFailure: Step['onFailure']): Draft {
  return {
    id: `checkpoint-${idOf(node)}`,
    title: `Checkpoint on ${who(node)}`,
    does: `${whoFirst(node)} writes its dirty pages now, ${why}.`,
    verifiedBy: 'CHECKPOINT returned, and the redo position was read after it.',
    worst: 'Nothing is changed; the disk was busy for a while.',
    waitsFor: `waiting for the checkpoint of ${node}`,
    action: ask(node, 'checkpoint', {}, term),
    deadlineMs: DEADLINES_MS.checkpoint,
    attemptsMax: 2,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure,
  };
}

/** One slot on one node. `exists`: it was there before, so that it stays when the plan is rolled back. */
export function slotFor(
  holder: string,
  standby: string,
  options: { exists: boolean; term: TermOf; lsnFrom?: FromStep; keep?: boolean },
): Draft {
  const slot = slotNameOf(standby);
  const isNew = !options.exists && options.keep !== true;
  const late = options.lsnFrom === undefined ? undefined : { 'slots.0.lsn': { ...options.lsnFrom, optional: true as const } };
  return {
    id: `slot-for-${standby}-on-${idOf(holder)}`,
    title: `${options.exists ? 'Advance' : 'Create'} the slot of ${standby} on ${who(holder)}`,
    does: `${whoFirst(holder)} retains WAL for ${standby} from its position, so that none is missing when it follows.`,
    verifiedBy: 'The slot is read back with its restart position.',
    worst: `${whoFirst(holder)} retains WAL for a slot without a consumer yet, within max_slot_wal_keep_size.`,
    waitsFor: `waiting for the slot ${slot} on ${holder}`,
    action: ask(holder, 'prepare-slots', { slots: [{ name: slot, lsn: null }] }, options.term, late),
    deadlineMs: DEADLINES_MS.slot,
    attemptsMax: 2,
    undo: isNew ? ask(holder, 'drop-slot', { slot }, options.term) : null,
    undoText: isNew ? `The slot ${slot} on ${holder} is dropped.` : 'The slot stays: it was there before, or is in use.',
    onFailure: 'roll-back',
  };
}

export function setSynchronous(node: string, next: SynchronousStandbys, before: SynchronousStandbys, term: TermOf): Draft {
  return {
    id: `synchronous-on-${idOf(node)}`,
    title: `Set synchronous_standby_names on ${who(node)}`,
    does: `As primary, ${who(node)} will wait for ${synchronousText(next)}. On a standby the setting has no effect.`,
    verifiedBy: 'The setting is read back.',
    worst: 'The setting is on a standby, where it has no effect.',
    waitsFor: `waiting for the setting on ${node}`,
    action: ask(node, 'set-synchronous', { synchronous: next }, term),
    deadlineMs: DEADLINES_MS.synchronous,
    attemptsMax: 3,
    undo: ask(node, 'set-synchronous', { synchronous: before }, term),
    undoText: `synchronous_standby_names on ${who(node)} is set back to ${before === null ? 'empty' : synchronousText(before)}.`,
    onFailure: 'roll-back',
  };
}

export const synchronousText = (value: SynchronousStandbys): string =>
  value === null ? 'no standby' : `${value.method === 'ANY' ? 'any' : 'the first'} ${value.required} of ${value.standbys.join(', ')}`;

/** `back`: where it streamed from before; `null` = that is gone, so that there is no way back. */
export function follow(
  node: string,
  upstream: string,
  options: { term: TermOf; back: { upstream: string; slot: string | null } | null; onFailure: Step['onFailure']; id?: string },
): Draft {
  const { back, term, onFailure } = options;
  return {
    id: options.id ?? `follow-${node}`,
    title: `${node} follows ${who(upstream)}`,
    does: `${node} streams from ${who(upstream)} through its own slot, without a restart.`,
    verifiedBy: 'primary_conninfo is read back; a later step watches it stream.',
    worst: `${node} does not stream until it is repointed; the primary is not touched.`,
    waitsFor: `waiting for ${node} to stream from ${upstream}`,
    action: ask(node, 'follow', { upstream, slot: slotNameOf(node) }, term),
    deadlineMs: DEADLINES_MS.follow,
    attemptsMax: 3,
    undo: back === null ? null : ask(node, 'follow', back, term),
    undoText: back === null ? NOTHING_TO_UNDO : `${node} follows ${back.upstream} again.`,
    onFailure,
    ...(upstream === CHOSEN ? { skipWhenChosen: node } : {}),
  };
}

export function startStandby(
  node: string,
  upstream: string,
  options: { term: TermOf; onFailure: Step['onFailure']; undoable?: boolean },
): Draft {
  const undoable = options.undoable === true;
  return {
    id: `start-standby-${node}`,
    title: `Start ${node} as a standby of ${who(upstream)}`,
    does: `${node} starts with standby.signal and streams from ${who(upstream)} through its own slot.`,
    verifiedBy: 'The server answers and is in recovery.',
    worst: `${node} stays stopped: one standby less. It can’t become writable.`,
    waitsFor: `waiting for ${node} to accept connections as a standby`,
    action: ask(node, 'start-standby', { upstream, slot: slotNameOf(node) }, options.term),
    deadlineMs: DEADLINES_MS.startStandby,
    attemptsMax: 3,
    undo: undoable ? ask(node, 'fence', {}, options.term) : null,
    undoText: undoable ? `${node} is stopped again.` : `${node} stays a standby.`,
    onFailure: options.onFailure,
  };
}

export function seeStreaming(standby: string, upstream: string, onFailure: Step['onFailure'], id?: string): Draft {
  return {
    id: id ?? `see-streaming-${standby}`,
    title: `Verify that ${standby} streams from ${who(upstream)}`,
    does: `Farshore watches until ${who(upstream)} lists ${standby} as streaming.`,
    verifiedBy: 'Observations of both agents that were made after this step began.',
    worst: `${standby} does not stream yet: it falls behind, and its slot retains WAL.`,
    waitsFor: `waiting to see ${standby} stream from ${upstream}`,
    action: { by: 'observation', condition: { see: 'streaming', standby, upstream } },
    deadlineMs: DEADLINES_MS.streaming,
    attemptsMax: 1,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure,
    ...(upstream === CHOSEN ? { skipWhenChosen: standby } : {}),
  };
}

export function seeWritable(node: string): Draft {
  return {
    id: `see-writable-${idOf(node)}`,
    title: `Verify writes on ${who(node)}`,
    does: `Farshore watches until the commit probe on ${who(node)} succeeds.`,
    verifiedBy: 'An observation of its agent that was made after this step began.',
    worst: `${whoFirst(node)} is promoted, but no commit has succeeded yet.`,
    waitsFor: `waiting to see a commit on ${node}`,
    action: { by: 'observation', condition: { see: 'writable', node } },
    deadlineMs: DEADLINES_MS.synchronousCommit,
    attemptsMax: 1,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'follow-up',
  };
}

export function seeSynchronous(primary: string, count: number): Draft {
  return {
    id: 'see-synchronous',
    title: `See ${count} synchronous ${count === 1 ? 'standby' : 'standbys'} acknowledge`,
    does: `Farshore watches until ${who(primary)} lists enough synchronous standbys.`,
    verifiedBy: 'An observation of the primary that was made after this step began.',
    worst: 'Commits wait until a synchronous standby is back.',
    waitsFor: `waiting for the synchronous standbys of ${primary}`,
    action: { by: 'observation', condition: { see: 'synchronous', primary, count } },
    deadlineMs: DEADLINES_MS.synchronousCommit,
    attemptsMax: 1,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'follow-up',
  };
}

export function pausePooler(pooler: string, agent: string): Draft {
  return {
    id: `pause-${pooler}`,
    title: `Pause ${pooler}`,
    does: `${pooler} lets running transactions end and keeps new ones waiting; clients see a pause and no error. The agent of ${agent} asks for it.`,
    verifiedBy: 'PAUSE returned, and the pooler lists the database as paused.',
    worst: 'Clients wait until the pooler is resumed.',
    waitsFor: `waiting for the running transactions at ${pooler} to end`,
    action: ask(agent, 'pooler-pause', { pooler, waitMs: PAUSE_WAIT_MS }, 'current'),
    deadlineMs: DEADLINES_MS.poolerPause,
    attemptsMax: 1,
    undo: ask(agent, 'pooler-resume', { pooler }, 'current'),
    undoText: `${pooler} resumes.`,
    onFailure: 'roll-back',
  };
}

/** While its clients are paused anyway: a reload takes a pooler longer than a resume. */
export function pointPooler(pooler: string, agent: string, primary: string, before: string): Draft {
  return {
    id: `point-${pooler}`,
    title: `Point ${pooler} at ${primary}`,
    does: `${pooler} takes over the address of ${primary}, and stays paused. The agent of ${agent} asks for it.`,
    verifiedBy: 'The pooler lists the new address and is still paused.',
    worst: `Clients wait at ${pooler}, which points at ${primary}; it is repointed to ${before} when the operation is rolled back.`,
    waitsFor: `waiting for ${pooler} to take over the address of ${primary}`,
    action: ask(agent, 'pooler-point', { pooler, primary }, 'current'),
    deadlineMs: DEADLINES_MS.poolerSwitch,
    attemptsMax: 2,
    undo: ask(agent, 'pooler-switch', { pooler, primary: before }, 'current'),
    undoText: `${pooler} is repointed to ${before}, once that runs again, and resumes.`,
    undoAfter: 'stop-primary',
    onFailure: 'roll-back',
  };
}

/** `pointed`: an earlier step has done the first half. */
export function switchPooler(pooler: string, agent: string, primary: string, term: TermOf, pointed = false): Draft {
  return {
    id: `switch-${pooler}`,
    title: pointed ? `Resume ${pooler}` : `Repoint ${pooler} to ${who(primary)}`,
    does: `${pooler} ${pointed ? `points at ${who(primary)} already` : `sends clients to ${who(primary)}`} and resumes waiting ones. The agent of ${who(agent)} asks for it, and verifies that they are served.`,
    verifiedBy:
      'The pooler lists the new address and is not paused. It is given a moment to log in there; how many clients wait then is noted.',
    worst: `${whoFirst(primary)} is primary, but clients of ${pooler} still wait.`,
    waitsFor: `waiting for ${pooler} to resume`,
    action: ask(agent, 'pooler-switch', { pooler, primary, ...(pointed ? { pointed } : {}) }, term),
    deadlineMs: DEADLINES_MS.poolerSwitch,
    attemptsMax: 5,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'hold',
  };
}

export function dropSlot(holder: string, slot: string, term: TermOf): Draft {
  return {
    id: `drop-${slot.replaceAll('_', '-')}-on-${idOf(holder)}`,
    title: `Drop the slot ${slot} on ${who(holder)}`,
    does: `No standby streams through ${slot} on ${who(holder)} any more: left there, it would retain WAL until the disk is full.`,
    verifiedBy: 'The slot is gone from pg_replication_slots.',
    worst: `The slot stays and retains WAL on ${who(holder)}, within max_slot_wal_keep_size.`,
    waitsFor: `waiting for the slot ${slot} on ${holder} to be free`,
    action: ask(holder, 'drop-slot', { slot }, term),
    deadlineMs: DEADLINES_MS.slot,
    attemptsMax: 3,
    undo: null,
    undoText: 'The dropped slot is not needed: its standby uses another.',
    onFailure: 'follow-up',
  };
}

export function takeTerm(holder: string): Draft {
  return {
    id: 'take-term',
    title: 'Transfer leadership to the new primary',
    does: 'The next term is written, with its new holder. From here no other node may be primary.',
    verifiedBy: 'The leadership record is changed by compare-and-swap and read back.',
    worst: 'The term has a new holder, and no node is primary until it is promoted.',
    waitsFor: 'waiting for the leadership record',
    action: { by: 'controller', action: { do: 'take-term', holder } },
    deadlineMs: DEADLINES_MS.term,
    attemptsMax: 3,
    undo: null,
    undoText: 'A term is never rolled back: no rollback after this.',
    onFailure: 'roll-back',
  };
}

/** Verified after every change of primary. The new timeline is the one that the promotion proved. */
export function afterPromotion(primary: string): Draft[] {
  const newTimeline = { timeline: { step: `promote-${idOf(primary)}`, path: ['report', 'timeline'] } };
  return [
    {
      id: 'verify-archive',
      title: 'Verify archiving on the new timeline',
      does: `${whoFirst(primary)} switches WAL; the history file and the first segment of the new timeline must reach the archive.`,
      verifiedBy: 'archive_status on the primary, and its archiver’s counters.',
      worst: 'Recovery to a time after the switch is not possible until archiving continues.',
      waitsFor: `waiting for ${primary} to archive the first segment of its timeline`,
      action: ask(primary, 'verify-archive', { timeline: 1, waitMs: ARCHIVE_WAIT_MS }, 'next', newTimeline),
      deadlineMs: DEADLINES_MS.verifyArchive,
      attemptsMax: 2,
      undo: null,
      undoText: NOTHING_TO_UNDO,
      onFailure: 'follow-up',
    },
    {
      id: 'check-backup',
      title: 'Verify backups (pgbackrest check)',
      does: `pgBackRest checks from ${who(primary)} that archive and repository work.`,
      verifiedBy: 'pgbackrest check ended without an error.',
      worst: 'No new backup from this primary is possible until it is fixed.',
      waitsFor: `waiting for pgBackRest on ${primary}`,
      action: ask(primary, 'check-backup', {}, 'next'),
      deadlineMs: DEADLINES_MS.checkBackup,
      attemptsMax: 2,
      undo: null,
      undoText: NOTHING_TO_UNDO,
      onFailure: 'follow-up',
    },
  ];
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
