/** Copies the database to a node whose agent has joined, and lets it stream. */
import { formatBytes } from '../../format/quantity.ts';
import { slotNameOf } from '../../topology/sighting.ts';
import { check, limited } from '../checks/check-making.ts';
import { maintenanceCheck, residencyCheck } from '../checks/checks-of-nodes.ts';
import { roomForTablespaces } from '../checks/tablespace-room.ts';
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET, UPSTREAM } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { needs } from '../lanes.ts';
import type { Check } from '../model.ts';
import { NOTHING_LOST, clientsWait } from '../outlook/expectations.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import { DEADLINES_MS } from '../plan/deadlines.ts';
import type { Planned } from '../plan/planned.ts';
import { impossible } from '../plan/planned.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import { followerOf, hasSlot, topologyAfter } from '../plan/planning-topology.ts';
import { reversionReadiness } from '../plan/reversion-readiness.ts';
import type { Draft } from '../plan/steps.ts';
import { ask, inStages, report, seeStreaming, slotFor, startStandby } from '../plan/steps.ts';
import { targetOf, whyNotUpstream } from '../target.ts';
import type { Target } from '../target.ts';

interface Request {
  target: string;
  upstream: string;
  bytesPerSecondMax: number | null;
}
declare module '../model.ts' {
  interface OperationKinds {
    'add-standby': { request: Request; measured: MeasuredChange };
  }
}

export const addStandby = defineKind<'add-standby'>({
  kind: 'add-standby',
  place: 40,
  words: {
    name: 'Add standby',
    title: 'Add a standby',
    verb: 'Add the standby',
    link: 'Add standby…',
    linkToNode: 'Add standby…',
    help: 'Copies the database to a node whose agent has joined (pg_basebackup), and starts it as a streaming standby.',
  },
  fields: {
    target: { ...TARGET, label: 'New standby' },
    upstream: UPSTREAM,
    bytesPerSecondMax: { field: 'bytes-per-second', param: 'rate', label: 'Copy at most', api: '' },
  },
  targetRule: whyNotAdd,
  plan,
  checks: (made, picture) => usualChecks(made, picture, 'known', ownChecks(picture.nodes.get(made.request.target), picture)),
  loss: () => ({ ...NOTHING_LOST, sentence: 'No data is touched on the primary.' }),
  clients: clientsWait,
  undo: ({ request }, until) => `${until} A partial copy stays on ${request.target}, marked as unusable.`,
  risks: () => [],
  outageLike: () => 'add-standby',
  measured: measuredChange({ isOrderly: true, until: 'new primary', ledgerNote: '' }),
  next: () => [],
  lane: () => 'node',
  needs: (made) => needs(made, made.request.target),
  takesOver: false,
  isDangerous: false,
  confirm: () => 'Add the standby',
});

function whyNotAdd({ name, role }: Target): string[] {
  if (role === 'primary') return [`${name} accepts writes: it is not an empty node. Choose another.`];
  if (role === 'standby') return [`${name} is a standby already. Use “Re-parent” to give it another upstream.`];
  return [];
}

function plan({ target, upstream, bytesPerSecondMax }: Request, picture: Picture): Planned {
  const { view, cluster } = picture.input;
  const reasons = [
    ...whyNotAdd(targetOf(view, target, picture.before.primary)),
    ...whyNotUpstream(view, target, upstream),
    ...(picture.before.primary === null ? [`No primary of ${cluster} is seen. Fail over first.`] : []),
    ...(picture.nodes.get(target)!.planning.enrolled ? [] : [`No agent has joined for ${target} yet. Enrol it first.`]),
  ];
  if (reasons.length > 0) return impossible(reasons[0]!);
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
    worst: `Part of a copy may be left on ${target}; it is marked as unusable and is never started.`,
    waitsFor: `waiting for the base backup of ${upstream} on ${target}`,
    action: ask(target, 'clone', { source: upstream, slot: slotNameOf(target), replace: false, bytesPerSecondMax }, 'current'),
    deadlineMs: DEADLINES_MS.copy,
    attemptsMax: 1,
    undo: null,
    undoText: `The partial copy on ${target} is removed; if that fails, it is marked as unusable.`,
    onFailure: 'roll-back',
  };
}

function ownChecks(target: PictureNode | undefined, picture: Picture): Check[] {
  if (target === undefined) return [];
  return [
    ...copyRoom(target, picture),
    ...roomForTablespaces(target, picture),
    maintenanceCheck(target, 'warn'),
    residencyOfCopy(target, picture),
  ];
}

function copyRoom(target: PictureNode, picture: Picture): Check[] {
  const bytes = reversionReadiness(picture.input, target.name)['re-clone'].bytes;
  const free = target.view?.volumes.find(({ purpose }) => purpose === 'data')?.freeBytes ?? null;
  const about = {
    id: 'room-for-copy',
    title: `Free disk space on ${target.name} for the copy`,
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
        'The size of the database is unknown: no backup was seen.',
      ),
    ];
  if (free === null) return [check(about, 'unknown', 'unknown', `Wait until the agent of ${target.name} reports its volumes.`)];
  return [limited(about, bytes, free, () => `${formatBytes(free)} free`, mend)];
}

const residencyOfCopy = (target: PictureNode, picture: Picture): Check => {
  const { title: _title, ...rest } = residencyCheck(target, picture.input.policy);
  return { ...rest, title: `Residency: ${target.name} may hold this data` };
};
