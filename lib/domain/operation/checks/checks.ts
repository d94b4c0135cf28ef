/** What to expect of a plan now: every check by name, expected outage and loss with their basis, what clients see. Computed at each look. */
import { failoverChecks } from './checks-of-failover.ts';
import { blockedBy, check, limited } from './check-making.ts';
import {
  actingNodes,
  agentCheck,
  clockCheck,
  directoryCheck,
  diskCheck,
  generalChecks,
  maintenanceCheck,
  peerChecks,
  poolerChecks,
  residencyCheck,
} from './checks-of-nodes.ts';
import { verbChecks } from './checks-of-verbs.ts';
import { primaryChecks, synchronousCheck, targetChecks } from './checks-of-target.ts';
import { expectedLoss, mustAcknowledge } from '../outlook/expected-loss.ts';
import { expectedOutage, undoSentence, whatClientsSee } from '../outlook/expectations.ts';
import type { PlanningInput } from '../plan/inputs.ts';
import type { Check, Outlook, Plan } from '../model.ts';
import { pictureOf } from '../plan/planning-topology.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import { reversionReadiness, rewindObstacles } from '../plan/reversion-readiness.ts';
import { formatBytes } from '../../format/quantity.ts';

export function lookAhead(plan: Plan, input: PlanningInput): Outlook {
  const picture = pictureOf(input);
  const checks = picture === null ? [noPicture()] : [...checksOf(plan, picture), ...verbChecks(plan, picture)];
  return {
    checks,
    blocked: blockedBy(checks),
    outage: expectedOutage(plan, input),
    loss: expectedLoss(plan, input),
    clients: whatClientsSee(plan),
    undo: undoSentence(plan),
    acknowledge: mustAcknowledge(plan, input),
  };
}

/** These change nobody's place, so that it may be open who leads. */
const MOVES_NOTHING: ReadonlySet<string> = new Set(['drop-slot', 'restart', 'reload']);

const noPicture = (): Check =>
  check({ id: 'leadership', title: 'It is known who leads', threshold: 'known' }, 'unknown', 'unknown', 'Wait until a primary was seen.');

function checksOf(plan: Plan, picture: Picture): Check[] {
  const { kind } = plan.request;
  if (kind === 'failover')
    return [...generalChecks(picture), ...failoverChecks(plan, picture), ...peerChecks(plan, picture), ...poolerChecks(plan, picture)];
  const acting = actingNodes(plan).flatMap((name) => picture.nodes.get(name) ?? []);
  return [
    ...generalChecks(picture),
    ...(MOVES_NOTHING.has(kind) ? [] : [termCheck(picture)]),
    ...acting.map((node) => agentCheck(node, picture.input.nowMs, 'fail')),
    ...checksOfKind(plan, picture),
    ...peerChecks(plan, picture),
    ...poolerChecks(plan, picture),
    ...acting.map((node) => clockCheck(node, 'fail')),
  ];
}

function termCheck(picture: Picture): Check {
  const { leadership } = picture.input;
  const about = { id: 'term', title: 'The record and the cluster agree on who leads', threshold: picture.before.primary ?? 'a primary' };
  const holder = leadership?.holder ?? null;
  const mend = `Term ${picture.term} belongs to ${holder ?? 'nobody'}. Wait a few seconds for them to agree; if they do not, fail over or revert.`;
  return check(
    about,
    holder !== null && holder === picture.before.primary ? 'pass' : 'fail',
    `${holder ?? 'nobody'} holds term ${picture.term}`,
    mend,
  );
}

function checksOfKind(plan: Plan, picture: Picture): Check[] {
  const { request } = plan;
  const target = picture.nodes.get(request.target ?? '');
  const primary = picture.nodes.get(picture.before.primary ?? '');
  if (target === undefined) return [];
  switch (request.kind) {
    case 'switchover':
      return primary === undefined
        ? []
        : [
            ...targetChecks(target, primary, picture),
            ...ofNewPrimary(target, picture),
            ...primaryChecks(primary),
            ...synchronousCheck(plan, picture),
            maintenanceCheck(primary, 'warn'),
          ];
    case 'reversion':
      return [
        ...reversionChecks(plan, picture, target),
        ...(request.switchBack ? [residencyCheck(target, picture.input.jurisdictions), ...synchronousCheck(plan, picture)] : []),
      ];
    case 'add-standby':
      return [...copyRoom(target, picture), maintenanceCheck(target, 'warn'), residencyOfCopy(target, picture)];
    case 're-parent':
      return [
        maintenanceCheck(target, 'warn'),
        upstreamRuns(picture.nodes.get(request.upstream)),
        synchronousAfterMove(plan, picture),
      ].filter((one) => one !== null);
    case 'drop-slot':
      return [slotFree(target, request.slot)];
    case 'restart':
      return [maintenanceCheck(target, 'warn'), diskCheck(target), directoryCheck(target)];
    default:
      return [];
  }
}

const ofNewPrimary = (target: PictureNode, picture: Picture): Check[] => [
  residencyCheck(target, picture.input.jurisdictions),
  maintenanceCheck(target, 'fail'),
  diskCheck(target),
  directoryCheck(target),
];

function reversionChecks(plan: Plan, picture: Picture, target: PictureNode): Check[] {
  if (plan.request.kind !== 'reversion') return [];
  const { method } = plan.request;
  const readiness = reversionReadiness(picture.input, target.name)[method];
  const about = { id: 'readiness', title: `${target.name} can be brought back by ${method}`, threshold: 'no obstacle', node: target };
  // A ladder has further rungs below a rewind: that it looks hopeless is said, and does not block.
  const isUntested = method === 'rewind' && rewindObstacles(target.planning.facts) === null;
  const verdict = readiness.possible && !isUntested ? 'pass' : method === 'rewind' ? 'warn' : 'fail';
  const mend = method === 'rewind' ? 'If it fails, the next way is tried: a restore, or a new base backup.' : readiness.reasons.join(' ');
  return [
    check(about, verdict, verdict === 'pass' ? 'no obstacle' : (readiness.reasons[0]?.replace(/\.$/, '') ?? 'unknown'), mend),
    ...(method === 'rewind' ? roomForRewind(target) : []),
    maintenanceCheck(target, 'warn'),
  ];
}

/** A full disk is often why the node is down. A new copy empties it first; a rewind does not, and then the next way is tried. */
function roomForRewind(target: PictureNode): Check[] {
  if (target.view === null || target.view.volumes.length === 0) return [];
  const room = diskCheck(target);
  if (room.verdict === 'pass') return [room];
  return [{ ...room, verdict: 'warn', mend: `A rewind may not fit: free space on ${target.name} first, or choose the new base backup.` }];
}

function copyRoom(target: PictureNode, picture: Picture): Check[] {
  const bytes = reversionReadiness(picture.input, target.name)['re-clone'].bytes;
  const free = target.view?.volumes.find(({ purpose }) => purpose === 'data')?.freeBytes ?? null;
  const about = {
    id: 'room-for-copy',
    title: `${target.name} has room for the copy`,
    threshold: bytes === null ? 'size unknown' : `${formatBytes(bytes)} free`,
    node: target,
  };
  const mend = `Free space on ${target.name}, or give it a larger volume.`;
  if (bytes === null)
    return [
      check(
        about,
        'warn',
        free === null ? 'unknown' : `${formatBytes(free)} free`,
        'The size of the database is not known: no backup has told it.',
      ),
    ];
  if (free === null) return [check(about, 'unknown', 'unknown', `Wait until the agent of ${target.name} reports its volumes.`)];
  return [limited(about, bytes, free, () => `${formatBytes(free)} free`, mend)];
}

const residencyOfCopy = (target: PictureNode, picture: Picture): Check => {
  const { title: _title, ...rest } = residencyCheck(target, picture.input.jurisdictions);
  return { ...rest, title: `The data may be where ${target.name} is` };
};

function upstreamRuns(upstream: PictureNode | undefined): Check | null {
  if (upstream === undefined) return null;
  const state = upstream.view?.state ?? 'unknown';
  const about = { id: 'upstream-runs', title: `${upstream.name} has WAL to give`, threshold: 'writable or streaming', node: upstream };
  const isGood = state === 'writable' || state === 'streaming' || state === 'catching-up';
  return check(
    about,
    isGood ? 'pass' : 'fail',
    state,
    `${upstream.view?.stateReason ?? ''} Choose another upstream, or mend this one first.`.trim(),
  );
}

/** A synchronous standby that no longer streams from the primary itself acknowledges nothing. */
function synchronousAfterMove(plan: Plan, picture: Picture): Check | null {
  const { synchronous, primary } = plan.after;
  if (synchronous === null || primary === null || synchronous.standbys.includes('*')) return null;
  const direct = plan.after.nodes.filter(
    ({ name, role, upstream }) => role === 'standby' && upstream === primary && synchronous.standbys.includes(name),
  );
  const about = {
    id: 'synchronous-after',
    title: 'Enough synchronous standbys afterwards',
    threshold: `${synchronous.required} directly under ${primary}`,
    node: picture.nodes.get(primary) ?? null,
  };
  return check(
    about,
    direct.length >= synchronous.required ? 'pass' : 'fail',
    `${direct.length}`,
    'Commits would wait for ever. Leave this standby under the primary, or change synchronous_standby_names first.',
  );
}

function slotFree(target: PictureNode, slot: string): Check {
  const found = target.slots?.find(({ name }) => name === slot);
  const about = { id: 'slot-free', title: `Nobody reads through ${slot}`, threshold: 'inactive', node: target };
  if (found === undefined) return check(about, 'unknown', 'unknown', `Wait until ${target.name} reports it.`);
  return check(
    about,
    found.active ? 'fail' : 'pass',
    found.active ? 'in use' : `inactive, keeps ${formatBytes(found.retainedBytes)}`,
    'Stop or re-parent its reader first.',
  );
}
