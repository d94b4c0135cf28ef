/** Drops a replication slot that nobody reads through, which frees the WAL that it keeps. */
import { formatBytes } from '../../format/quantity.ts';
import { isSeenRunning } from '../../topology/seen.ts';
import { check } from '../checks/check-making.ts';
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { needs } from '../lanes.ts';
import type { Check } from '../model.ts';
import { NOTHING_LOST, clientsWait } from '../outlook/expectations.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import type { Planned } from '../plan/planned.ts';
import { impossible } from '../plan/planned.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import type { Draft } from '../plan/steps.ts';
import { dropSlot as dropSlotStep, inStages } from '../plan/steps.ts';
import { targetOf } from '../target.ts';
import type { Target } from '../target.ts';

interface Request {
  target: string;
  slot: string;
}
declare module '../model.ts' {
  interface OperationKinds {
    'drop-slot': { request: Request; measured: MeasuredChange };
  }
}

export const dropSlot = defineKind<'drop-slot'>({
  kind: 'drop-slot',
  place: 60,
  words: {
    name: 'Drop slot',
    title: 'Drop a replication slot',
    verb: 'Drop the slot',
    link: 'Drop slot…',
    linkToNode: 'Drop slot…',
    help: 'Frees the WAL that a slot retains. A consumer that has not received that WAL needs a new base backup.',
  },
  fields: { target: { ...TARGET, label: 'Node that has the slot' }, slot: { field: 'slot', label: 'Slot', api: '' } },
  targetRule: whyNotOn,
  plan,
  checks: (made, picture) => {
    const target = picture.nodes.get(made.request.target);
    return usualChecks(made, picture, 'open', target === undefined ? [] : [slotFree(target, made.request.slot)]);
  },
  loss: () => ({ ...NOTHING_LOST, sentence: 'No data is touched on the primary.' }),
  clients: clientsWait,
  undo: () => 'It can’t be undone: the WAL that the slot retained may be removed at the next checkpoint.',
  risks: ({ request: { target, slot } }) => [
    { code: 'slot-dropped', values: { node: target, slot }, sentence: `The consumer of ${slot} may need a new base backup.` },
  ],
  outageLike: () => 'drop-slot',
  measured: measuredChange({ isOrderly: true, until: 'new primary', ledgerNote: '' }),
  next: () => [],
  lane: () => 'node',
  needs: (made) => needs(made),
  takesOver: false,
  isDangerous: true,
  confirm: () => 'Drop the slot',
});

function whyNotOn({ name, node }: Target): string[] {
  if (node !== null && isSeenRunning(node)) return [];
  return [`${name} does not answer: its slots are unknown. Bring it back first.`];
}

function plan({ target, slot }: Request, picture: Picture): Planned {
  const reasons = whyNotOn(targetOf(picture.input.view, target));
  if (reasons.length > 0) return impossible(...reasons);
  const slots = picture.nodes.get(target)!.slots ?? [];
  const found = slots.find(({ name }) => name === slot);
  if (found === undefined)
    return impossible(
      `${target} has no slot ${slot} (any more). Choose one of: ${slots.map(({ name }) => name).join(', ') || 'none is left'}.`,
    );
  const reader = picture.before.nodes.find((node) => node.upstream === target && node.slot === slot);
  if (reader !== undefined && found.active)
    return impossible(`${reader.name} streams through ${slot}: it is in use. Re-parent ${reader.name} first.`);
  const step: Draft = {
    ...dropSlotStep(target, slot, 'current'),
    does: `The slot ${slot} is dropped; WAL that only it retained may be removed at the next checkpoint.`,
    undoText: 'It can’t be rolled back: its consumer may miss WAL and need a new base backup.',
    onFailure: 'roll-back',
  };
  const steps = inStages([['finish', [step]]]);
  return { summary: `The slot ${slot} on ${target} is dropped.`, after: picture.before, steps, pointOfNoReturn: steps[0]!.stage };
}

function slotFree(target: PictureNode, slot: string): Check {
  const found = target.slots?.find(({ name }) => name === slot);
  const about = { id: 'slot-free', title: `Slot ${slot} has no active consumer`, threshold: 'inactive', node: target };
  if (found === undefined) return check(about, 'unknown', 'unknown', `Wait until ${target.name} reports it.`);
  return check(
    about,
    found.active ? 'fail' : 'pass',
    found.active ? 'in use' : `inactive, keeps ${formatBytes(found.retainedBytes)}`,
    'Stop or re-parent its reader first.',
  );
}
