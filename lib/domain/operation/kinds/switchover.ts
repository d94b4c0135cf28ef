/** Planned change of primary: no acknowledged row is lost, and the old primary follows. */
import { directoryCheck, diskCheck, maintenanceCheck, residencyCheck } from '../checks/checks-of-nodes.ts';
import { primaryChecks, synchronousCheck, targetChecks } from '../checks/checks-of-target.ts';
import { usualChecks } from '../checks/usual-checks.ts';
import { TARGET } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { nodesOfSteps } from '../lanes.ts';
import type { Check, PlanOf } from '../model.ts';
import { NOTHING_LOST, clientsWait } from '../outlook/expectations.ts';
import { measuredChange } from '../outlook/measured-change.ts';
import type { MeasuredChange } from '../outlook/measured-change.ts';
import { planSwitchover, whyNotSwitchOver } from '../plan/plan-switchover.ts';
import type { SwitchoverRequest } from '../plan/plan-switchover.ts';
import type { Picture } from '../plan/planning-topology.ts';

declare module '../model.ts' {
  interface OperationKinds {
    switchover: { request: SwitchoverRequest; measured: MeasuredChange };
  }
}

export const switchover = defineKind<'switchover'>({
  kind: 'switchover',
  place: 10,
  words: {
    name: 'Switchover',
    title: 'Switch over (no acknowledged row is lost)',
    verb: 'Switch over',
    link: 'Switch over…',
    linkToNode: 'Switch over to it…',
    help: 'A planned change of primary. Writes wait about a second, and the old primary becomes a standby.',
  },
  fields: { target: { ...TARGET, label: 'New primary' } },
  targetRule: whyNotSwitchOver,
  plan: planSwitchover,
  checks: (plan, picture) => usualChecks(plan, picture, 'known', ownChecks(plan, picture)),
  loss: () => ({
    ...NOTHING_LOST,
    sentence:
      'No acknowledged row of a logged table is lost: the target is promoted only once it has the shutdown checkpoint of the old primary.',
  }),
  clients: clientsWait,
  undo: ({ before }, until) => `${until} After that, a switchover back to ${before.primary ?? 'the old primary'} undoes it.`,
  risks: () => [],
  outageLike: () => 'switchover',
  measured: measuredChange({ isOrderly: true, until: 'new primary', ledgerNote: '' }),
  next: ({ before, after }) => {
    const old = before.primary;
    if (old === null || old === after.primary) return [];
    const why = 'To restore the former topology.';
    return [{ label: `Switch back to ${old}…`, why, leadsTo: { request: { kind: 'switchover', target: old } } }];
  },
  lane: () => 'leadership',
  needs: (made) => ({ has: nodesOfSteps(made), reliesOn: [] }),
  takesOver: false,
  isDangerous: false,
  confirm: () => 'Switch over',
});

function ownChecks(plan: PlanOf<'switchover'>, picture: Picture): Check[] {
  const target = picture.nodes.get(plan.request.target);
  const primary = picture.nodes.get(picture.before.primary ?? '');
  if (target === undefined || primary === undefined) return [];
  return [
    ...targetChecks(target, primary, picture),
    residencyCheck(target, picture.input.policy),
    maintenanceCheck(target, 'fail'),
    diskCheck(target),
    directoryCheck(target),
    ...primaryChecks(primary),
    ...synchronousCheck(plan, picture),
    maintenanceCheck(primary, 'warn'),
  ];
}
