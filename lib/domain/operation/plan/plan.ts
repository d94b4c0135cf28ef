/**
 * From a request and a picture of the cluster to an immutable plan, or to the sentences why there is none. Pure, and a function of the
 * structure alone: lag, ages and sizes belong to the outlook (checks.ts), so that an approval stays good while the topology does.
 */
import type { PlanningInput } from './inputs.ts';
import type { OperationRequest, Plan } from '../model.ts';
import { pictureOf } from './planning-topology.ts';
import type { Picture } from './planning-topology.ts';
import { planAddStandby, planDropSlot, planReload, planReparent, planRestart } from './plan-node.ts';
import { planFailover } from './plan-failover.ts';
import { planReversion } from './plan-reversion.ts';
import { planSwitchover } from './plan-switchover.ts';
import type { Planned } from './planned.ts';

export function planOperation(request: OperationRequest, input: PlanningInput): { plan: Plan } | { impossible: string[] } {
  const picture = pictureOf(input);
  if (picture === null) {
    return { impossible: [`No primary of ${input.cluster} was ever seen, so that nobody leads it yet. Wait until its agents report.`] };
  }
  const unknown = namesIn(request).filter((name) => !picture.nodes.has(name));
  if (unknown.length > 0) {
    return { impossible: unknown.map((name) => `${name} is not a node of ${input.cluster}. It may have been removed; choose another.`) };
  }
  const planned = planOf(request, picture);
  if ('impossible' in planned) return planned;
  const twice = planned.steps.find(({ id }, index) => planned.steps.findIndex((step) => step.id === id) !== index);
  if (twice !== undefined) throw new Error(`The plan has two steps “${twice.id}”: events could not tell them apart.`);
  return {
    plan: {
      planVersion: 1,
      cluster: input.cluster,
      request,
      summary: planned.summary,
      term: picture.term,
      before: picture.before,
      after: planned.after,
      steps: planned.steps,
      pointOfNoReturn: planned.pointOfNoReturn,
      approvalsRequired: input.approvalsRequired,
    },
  };
}

function planOf(request: OperationRequest, picture: Picture): Planned {
  switch (request.kind) {
    case 'switchover':
      return planSwitchover(request, picture);
    case 'failover':
      return planFailover(request, picture);
    case 'reversion':
      return planReversion(request, picture);
    case 'add-standby':
      return planAddStandby(request, picture);
    case 're-parent':
      return planReparent(request, picture);
    case 'drop-slot':
      return planDropSlot(request, picture);
    case 'restart':
      return planRestart(request, picture);
    case 'reload':
      return planReload(request, picture);
  }
}

function namesIn(request: OperationRequest): string[] {
  const target = request.target === null ? [] : [request.target];
  return 'upstream' in request ? [...target, request.upstream] : target;
}
