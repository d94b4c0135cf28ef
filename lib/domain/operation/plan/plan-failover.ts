/**
 * Unplanned change of primary (reference/ha.md §1.6, supervised). First the term is opened, so that nobody may be primary; then the old
 * primary is proven off; then all standbys stop receiving, so that their positions can be compared; then the best one takes the term.
 */
import type { SynchronousStandbys } from '../../../agent-contract/primitives.ts';
import { slotNameOf } from '../../topology/sighting.ts';
import { DEADLINES_MS, LAST_WAL_WAIT_MS } from './deadlines.ts';
import { CHOSEN } from '../model.ts';
import type { PlannedNode, Quorum, StepAction } from '../model.ts';
import { roleWord, targetOf } from '../target.ts';
import type { Target } from '../target.ts';
import type { Picture, PictureNode } from './planning-topology.ts';
import { asPrimary, followerOf, poolerAgent, swapSynchronous, topologyAfter } from './planning-topology.ts';
import type { Planned } from './planned.ts';
import { impossible, listed } from './planned.ts';
import type { Draft } from './steps.ts';
import {
  NOTHING_TO_UNDO,
  afterPromotion,
  ask,
  checkpoint,
  follow,
  inStages,
  seeStreaming,
  seeSynchronous,
  seeWritable,
  setSynchronous,
  stageOf,
  switchPooler,
  takeTerm,
} from './steps.ts';

const OPEN_TERM = 'open-term';

/** How it is proven that the old primary takes no more writes. */
export type FenceMethod =
  /** Its agent stops it and proves it. */
  | 'agent'
  /** The fence command that the administrator configured for the controller succeeds. */
  | 'command'
  /** A person states, by name, that it is off. Recorded; no proof. */
  | 'override';

export interface FailoverRequest {
  /** `null` = the most advanced eligible standby. A named one wins only against standbys that are not ahead of it. */
  target: string | null;
  fence: FenceMethod;
}
type Request = FailoverRequest;

export function planFailover(request: Request, picture: Picture): Planned {
  const old = oldPrimaryOf(picture);
  const standbys = standbysSeen(picture, old);
  const reasons = whyNotFailOver(request, picture, old, standbys);
  if (reasons.length > 0) return impossible(...reasons);

  const expected = request.target ?? likeliest(picture, old, standbys);
  const synchronous = picture.before.synchronous;
  // Everybody is listed, because nobody knows yet who will be chosen; resolve.ts leaves the chosen one out.
  const nextSynchronous = synchronousAfterFailover(picture, standbys, old);
  const poolers = [...picture.poolers.keys()].flatMap((pooler) => poolerChoice(picture, pooler, old, standbys, expected));
  const upstreamAfter = (node: PlannedNode) => (isSeenStandby(picture, node.upstream, old) ? node.upstream! : CHOSEN);
  const isUrgent = ({ name }: PlannedNode) => synchronous?.standbys.some((one) => one === name || one === '*') === true;
  const followNew = (node: PlannedNode): Draft => {
    return { ...follow(node.name, upstreamAfter(node), { term: 'next', back: null, onFailure: 'follow-up' }), skipWhenChosen: node.name };
  };

  const steps = inStages([
    ['prepare', [openTerm(old, request)]],
    ['critical', fenceSteps(old, request, picture)],
    ['critical', standbys.map((node) => promise(node))],
    ['critical', [choose(request, quorumOf(picture, standbys))]],
    ['critical', [takeTerm(CHOSEN)]],
    ['critical', [slots(standbys, old), ...(synchronous === null ? [] : [setSynchronousForGood(nextSynchronous)])]],
    ['critical', [promoteChosen(picture.timeline ?? 1)]],
    ['critical', [...poolers, ...standbys.filter(isUrgent).map(followNew)]],
    ['finish', [seeWritable(CHOSEN), ...standbys.filter((node) => !isUrgent(node)).map(followNew)]],
    [
      'finish',
      standbys.map((node): Draft => ({ ...seeStreaming(node.name, upstreamAfter(node), 'follow-up'), skipWhenChosen: node.name })),
    ],
    ['finish', nextSynchronous === null ? [] : [seeSynchronous(CHOSEN, nextSynchronous.required)]],
    ['finish', [checkpoint(CHOSEN, 'next', 'so that the old primary can be rewound', 'follow-up')]],
    ['finish', afterPromotion(CHOSEN)],
  ]);
  const changes = Object.fromEntries(
    standbys
      .filter(({ name }) => name !== expected)
      .map((node) => [node.name, followerOf(node.name, upstreamAfter(node) === CHOSEN ? expected : node.upstream!)]),
  );
  return {
    summary: `${summaryOf(request, standbys)} ${old} stays stopped until it is reverted.`,
    after: topologyAfter(picture.before, expected, nextSynchronous === null ? null : swapSynchronous(synchronous, expected, old), {
      ...changes,
      [old]: { role: 'down', upstream: null, slot: null },
      [expected]: asPrimary,
    }),
    steps,
    pointOfNoReturn: stageOf(steps, 'take-term'),
  };
}

/**
 * The node that leads, or led: the one seen out of recovery; else the holder on record, unless it is a standby (it was to be promoted
 * and never was): then the one that was primary last.
 */
export function oldPrimaryOf({ before, input, nodes }: Picture): string {
  const { holder } = input.leadership ?? { holder: null };
  const last = input.view.lastPrimary?.name ?? null;
  const led = [holder, last, input.view.primary].filter((name) => name !== null);
  return before.primary ?? led.find((name) => nodes.get(name)?.planned.role !== 'standby') ?? led[0] ?? '';
}

export const standbysSeen = (picture: Picture, old: string): PlannedNode[] =>
  picture.before.nodes.filter(({ name, role }) => role === 'standby' && name !== old);

/**
 * Standbys that are down or not seen, so that nobody can ask them how far they have come, nor tell them whom to follow. A fenced node led
 * before: what it alone holds was lost then.
 */
export const standbysLeftOut = (picture: Picture, old: string): PictureNode[] =>
  [...picture.nodes.values()].filter(
    ({ name, planned, view }) =>
      name !== old && view?.role === 'standby' && view.state !== 'fenced' && (planned.role === 'unknown' || planned.role === 'down'),
  );

const isSeenStandby = (picture: Picture, name: string | null, old: string): boolean =>
  standbysSeen(picture, old).some((node) => node.name === name);

function whyNotFailOver(request: Request, picture: Picture, old: string, standbys: readonly PlannedNode[]): string[] {
  const { before, input } = picture;
  const writable = before.nodes.filter(({ role }) => role === 'primary').map(({ name }) => name);
  if (writable.length > 1) return [`${listed(writable)} both accept writes. Stop the one that is not meant to be primary first.`];
  if (old === '') return [`No primary of ${input.cluster} is recorded: which node to fence is unknown.`];
  if (standbys.length === 0) return [`No standby of ${input.cluster} is seen that could take over. Bring one back first.`];
  const target = request.target === null ? [] : whyNotTakeOver(targetOf(input.view, request.target, old));
  if (target.length > 0) return target;
  if (request.fence === 'command' && !input.fenceCommandConfigured) {
    return ['No fence command is configured (FARSHORE_FENCE_COMMAND). Let the agent fence it, or confirm by name that it is off.'];
  }
  return [];
}

export function whyNotTakeOver({ name, role, primary }: Target): string[] {
  if (name === primary) return [`${name} is the node to fail over from. Choose a standby, or leave the choice to Farshore.`];
  return role === 'standby' ? [] : [`${name} is ${roleWord(role)}, so it can’t take over. Choose another standby.`];
}

function summaryOf(request: Request, standbys: readonly PlannedNode[]): string {
  if (standbys.length === 1) return `${standbys[0]!.name} becomes primary.`;
  const among = listed(standbys.map(({ name }) => name));
  return request.target === null
    ? `The most advanced of ${among} becomes primary; the others follow it.`
    : `${request.target} becomes primary unless another of ${among} has more WAL; the others follow it.`;
}

/** For the picture only: a synchronous standby, else one that streams from the old primary itself, else the first by name. */
function likeliest(picture: Picture, old: string, standbys: readonly PlannedNode[]): string {
  const rank = ({ name, upstream }: PlannedNode) => (picture.before.synchronous?.standbys.includes(name) ? 0 : upstream === old ? 1 : 2);
  return standbys.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))[0]!.name;
}

/**
 * One of any R standbys that report holds each commit that W of N acknowledged, when R + W > N. `null` when too few of them are seen
 * for that, or when no commit waits.
 */
export function quorumOf(picture: Picture, standbys: readonly PlannedNode[]): Quorum | null {
  const { synchronous } = picture.before;
  if (synchronous === null) return null;
  const any = synchronous.standbys.includes('*');
  const of = any
    ? picture.before.nodes.filter(({ name }) => name !== oldPrimaryOf(picture)).map(({ name }) => name)
    : [...synchronous.standbys];
  const count = of.length - synchronous.required + 1;
  const seen = of.filter((name) => standbys.some((node) => node.name === name)).length;
  return count < 1 || seen < count ? null : { of, count };
}

/**
 * All others, among them the old primary once it is reverted. Where fewer are seen than a commit needs, commits do not wait: else the
 * failover would end with every commit hanging. The outlook says so.
 */
export function synchronousAfterFailover(picture: Picture, standbys: readonly PlannedNode[], old: string): SynchronousStandbys {
  const { synchronous } = picture.before;
  if (synchronous === null) return null;
  const isListed = ({ name }: PlannedNode) => synchronous.standbys.includes(name) || synchronous.standbys.includes('*');
  const listedCount = standbys.filter(isListed).length;
  // The chosen one is among the listed unless all of these are behind one that is not.
  if (listedCount - 1 < synchronous.required) return null;
  return isListed({ name: old } as PlannedNode) ? synchronous : { ...synchronous, standbys: [...synchronous.standbys, old] };
}

function openTerm(old: string, { fence }: Request): Draft {
  return {
    id: OPEN_TERM,
    title: 'Open the next term (no node may be primary)',
    does:
      'The next term is written without a holder: no node may be primary until it is taken.' +
      (fence === 'override' ? ` Nothing proves that ${old} is off: a person has stated it by name.` : ''),
    verifiedBy: 'The leadership record is changed by compare-and-swap and read back.',
    worst: `No node may be primary. The term is given back to ${old} when the failover is aborted.`,
    waitsFor: 'waiting for the leadership record',
    action: { by: 'controller', action: { do: 'open-term' } },
    deadlineMs: DEADLINES_MS.term,
    attemptsMax: 3,
    undo: giveBack(old),
    undoText: `The new term is given to ${old}.`,
    onFailure: 'roll-back',
  };
}

/** An override is a person's word, and no step. What was down before is not started when the failover is aborted. */
function fenceSteps(old: string, { fence }: Request, picture: Picture): Draft[] {
  if (fence === 'override') return [];
  const byAgent = fence === 'agent';
  const startsAgain = byAgent && picture.nodes.get(old)?.planned.role !== 'down';
  return [
    {
      id: `fence-${old}`,
      title: `Fence ${old}`,
      does: byAgent
        ? `The agent of ${old} stops PostgreSQL at once, by force where it must, and keeps it from being primary under an older term.`
        : `The controller runs the fence command that its administrator configured, for ${old}.`,
      verifiedBy: byAgent ? 'No process of its data directory is left.' : 'The command ended with status 0.',
      worst: `${old} is off, and no node is primary.`,
      waitsFor: byAgent ? `waiting for the agent of ${old} to prove that it is stopped` : `waiting for the fence command for ${old}`,
      action: byAgent ? ask(old, 'fence', {}, 'next') : { by: 'controller', action: { do: 'fence-by-command', node: old } },
      deadlineMs: byAgent ? DEADLINES_MS.fence : DEADLINES_MS.fenceByCommand,
      attemptsMax: 2,
      undo: startsAgain ? ask(old, 'start-primary', {}, 'next') : null,
      undoText: startsAgain
        ? `${old} is started again as primary under the new term.`
        : `${old} is not started; it may be started again as primary.`,
      // Only the holder of the term may be started as primary.
      ...(startsAgain ? { undoAfter: OPEN_TERM } : {}),
      onFailure: 'roll-back',
    },
  ];
}

const giveBack = (old: string): StepAction => ({ by: 'controller', action: { do: 'take-term', holder: old } });

function promise({ name, upstream, slot }: PlannedNode): Draft {
  return {
    id: `promise-${name}`,
    title: `Stop the WAL receiver of ${name} and read its LSN`,
    does: `${name} promises not to follow an older term, stops receiving, and reports its LSN.`,
    verifiedBy: 'There is no WAL receiver any more; the position is read after it ended.',
    worst: `${name} does not stream until it is repointed.`,
    waitsFor: `waiting for ${name} to stop receiving`,
    action: ask(name, 'promise', {}, 'next'),
    deadlineMs: DEADLINES_MS.promise,
    attemptsMax: 1,
    // The one to follow may be down: that is why there is a failover.
    undo: upstream === null ? null : ask(name, 'follow', { upstream, slot, untilStreaming: false }, 'next'),
    undoText: upstream === null ? `${name} had no known upstream to go back to.` : `${name} follows ${upstream} again, once that runs.`,
    onFailure: 'follow-up',
  };
}

function choose({ target }: Request, mustHear: Quorum | null): Draft {
  const quorum =
    mustHear === null
      ? ''
      : ` At least ${mustHear.count} of ${listed(mustHear.of)} must have reported, so that no acknowledged commit is missed.`;
  return {
    id: 'choose-candidate',
    title: 'Choose the most advanced standby',
    does: `Of those that reported, the eligible one with the most WAL is chosen.${target === null ? '' : ` ${target} wins a tie.`}${quorum}`,
    verifiedBy: 'The ranking, with the reasons, is kept as evidence.',
    worst: 'No standby is eligible: the failover is rolled back.',
    waitsFor: 'comparing the reports',
    action: { by: 'controller', action: { do: 'choose-candidate', preferred: target, mustHear } },
    deadlineMs: DEADLINES_MS.choose,
    attemptsMax: 1,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'roll-back',
  };
}

/** Before the promotion, so that the first commit waits as every later one. */
const setSynchronousForGood = (next: SynchronousStandbys): Draft => {
  return { ...setSynchronous(CHOSEN, next, null, 'next'), undo: null, undoText: NOTHING_TO_UNDO, onFailure: 'hold' };
};

function slots(standbys: readonly PlannedNode[], old: string): Draft {
  const names = [...standbys.map(({ name }) => name), old];
  return {
    id: 'slots-on-chosen',
    title: 'Create replication slots on the new primary',
    does: 'The chosen standby retains WAL for each node that will follow it, from that node’s position.',
    verifiedBy: 'The slots are read back with their restart positions.',
    worst: 'A standby may miss WAL and need a new base backup.',
    waitsFor: `waiting for the slots on ${CHOSEN}`,
    action: ask(CHOSEN, 'prepare-slots', { slots: names.map((name) => ({ name: slotNameOf(name), lsn: null })) }, 'next'),
    deadlineMs: DEADLINES_MS.slot,
    attemptsMax: 2,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'follow-up',
  };
}

function promoteChosen(timeline: number): Draft {
  return {
    id: 'promote-chosen',
    title: 'Promote the chosen standby',
    does: 'It replays what it received and becomes primary. WAL that never reached it is lost.',
    verifiedBy: 'It is out of recovery, on a new timeline whose switch point is read.',
    worst: 'No node is primary. It is retried, or given up for another failover.',
    waitsFor: `waiting for the promotion of ${CHOSEN}`,
    action: ask(CHOSEN, 'promote', { timeline, receivedPast: null, waitMs: LAST_WAL_WAIT_MS }, 'next', {
      timeline: { step: 'choose-candidate', path: ['timeline'], optional: true },
    }),
    deadlineMs: DEADLINES_MS.promote,
    attemptsMax: 3,
    undo: null,
    undoText: NOTHING_TO_UNDO,
    onFailure: 'hold',
  };
}

/** By the chosen one's own agent where all candidates can, else by one fixed agent. */
function poolerChoice(picture: Picture, pooler: string, old: string, standbys: readonly PlannedNode[], expected: string): Draft[] {
  const able = picture.poolers.get(pooler) ?? [];
  if (standbys.every(({ name }) => able.includes(name))) return [switchPooler(pooler, CHOSEN, CHOSEN, 'next')];
  const agent = poolerAgent(picture, pooler, [expected, ...standbys.map(({ name }) => name)], [old]);
  return agent === null ? [] : [switchPooler(pooler, agent, CHOSEN, 'next')];
}
