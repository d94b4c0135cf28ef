/** Lets a standby stream from another node, without a restart. */
import { slotNameOf } from '../../topology/sighting.ts';
import { check } from '../checks/check-making.ts';
import { maintenanceCheck } from '../checks/checks-of-nodes.ts';
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET, UPSTREAM } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { needs } from '../lanes.ts';
import type { Check, Plan, PlanOf } from '../model.ts';
import { NOTHING_LOST, clientsWait } from '../outlook/expectations.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import type { Planned } from '../plan/planned.ts';
import { impossible } from '../plan/planned.ts';
import type { Picture, PictureNode } from '../plan/planning-topology.ts';
import { followerOf, hasSlot, topologyAfter } from '../plan/planning-topology.ts';
import { dropSlot, follow, inStages, report, seeStreaming, slotFor } from '../plan/steps.ts';
import { roleWord, targetOf, whyNotUpstream } from '../target.ts';
import type { Target } from '../target.ts';

interface Request {
  target: string;
  upstream: string;
}
declare module '../model.ts' {
  interface OperationKinds {
    're-parent': { request: Request; measured: MeasuredChange };
  }
}

export const reParent = defineKind<'re-parent'>({
  kind: 're-parent',
  place: 50,
  words: {
    name: 'Re-parent',
    title: 'Re-parent (stream from another node)',
    verb: 'Re-parent',
    link: 'Re-parent…',
    linkToNode: 'Re-parent…',
    help: 'A standby streams from another node. It is not restarted, and the primary accepts writes throughout.',
  },
  fields: { target: { ...TARGET, label: 'Standby to move' }, upstream: UPSTREAM },
  targetRule: whyNotMove,
  plan,
  checks: (made, picture) => usualChecks(made, picture, 'known', ownChecks(made, picture)),
  loss: () => ({ ...NOTHING_LOST, sentence: 'No data is touched on the primary.' }),
  clients: clientsWait,
  undo: ({ request, before }, until) =>
    `${until} After that, re-parent it back to ${before.nodes.find(({ name }) => name === request.target)?.upstream ?? 'its old upstream'}.`,
  risks: () => [],
  outageLike: () => 're-parent',
  measured: measuredChange({ isOrderly: true, until: 'new primary', ledgerNote: '' }),
  next: () => [],
  lane: () => 'node',
  needs: (made) => needs(made, made.request.target),
  takesOver: false,
  isDangerous: false,
  confirm: () => 'Re-parent',
});

function whyNotMove({ name, role }: Target): string[] {
  return role === 'standby' ? [] : [`${name} is ${roleWord(role)}: only a running standby can change its upstream.`];
}

function plan({ target, upstream }: Request, picture: Picture): Planned {
  const { view, cluster } = picture.input;
  const { planned } = picture.nodes.get(target)!;
  const reasons = [
    ...(upstream === target ? whyNotUpstream(view, target, upstream) : []),
    ...(picture.before.primary === null ? [`No primary of ${cluster} is seen. Fail over first.`] : []),
    ...whyNotMove(targetOf(view, target, picture.before.primary)),
    ...whyNotUpstream(view, target, upstream),
  ];
  if (reasons.length > 0) return impossible(reasons[0]!);
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

function ownChecks(made: PlanOf<'re-parent'>, picture: Picture): Check[] {
  const target = picture.nodes.get(made.request.target);
  if (target === undefined) return [];
  const rest = [upstreamRuns(picture.nodes.get(made.request.upstream)), synchronousAfterMove(made, picture)];
  return [maintenanceCheck(target, 'warn'), ...rest.filter((one) => one !== null)];
}

function upstreamRuns(upstream: PictureNode | undefined): Check | null {
  if (upstream === undefined) return null;
  const state = upstream.view?.state ?? 'unknown';
  const about = { id: 'upstream-runs', title: `${upstream.name} can send WAL`, threshold: 'writable or streaming', node: upstream };
  const isGood = state === 'writable' || state === 'streaming' || state === 'catching-up';
  return check(
    about,
    isGood ? 'pass' : 'fail',
    state,
    `${upstream.view?.stateReason ?? ''} Choose another upstream, or fix this one first.`.trim(),
  );
}

/** A synchronous standby that no longer streams from the primary itself acknowledges nothing. */
function synchronousAfterMove(made: Plan, picture: Picture): Check | null {
  const { synchronous, primary } = made.after;
  if (synchronous === null || primary === null || synchronous.standbys.includes('*')) return null;
  const direct = made.after.nodes.filter(
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
    'Commits would wait indefinitely. Leave this standby under the primary, or change synchronous_standby_names first.',
  );
}
