/**
 * From a request and a picture of the cluster to an immutable plan, or to the sentences why there is none. Pure, and a function of the
 * structure alone: lag, ages and sizes belong to the outlook (checks.ts), so that an approval stays good while the topology does.
 */
import type { Field } from '../fields.ts';
import { kindOf } from '../kinds/registry.ts';
import { approvalsFor } from '../../policy/approvals.ts';
import type { PlanningInput } from './inputs.ts';
import type { OperationRequest, Plan } from '../model.ts';
import { pictureOf } from './planning-topology.ts';

export function planOperation(request: OperationRequest, input: PlanningInput): { plan: Plan } | { impossible: string[] } {
  const picture = pictureOf(input);
  if (picture === null) {
    return {
      impossible: [`No primary of ${input.cluster} was ever seen: it has no recorded leadership yet. Wait until its agents report.`],
    };
  }
  const unknown = namesIn(request).filter((name) => !picture.nodes.has(name));
  if (unknown.length > 0) {
    return { impossible: unknown.map((name) => `${name} is not a node of ${input.cluster}. It may have been removed; choose another.`) };
  }
  const planned = kindOf(request.kind).plan(request, picture);
  if ('impossible' in planned) return planned;
  const twice = planned.steps.find(({ id }, index) => planned.steps.findIndex((step) => step.id === id) !== index);
  if (twice !== undefined) throw new Error(`The plan has two steps “${twice.id}”: events could not tell them apart.`);
  return {
    plan: {
      planVersion: 2,
      cluster: input.cluster,
      request,
      summary: planned.summary,
      term: picture.term,
      before: picture.before,
      after: planned.after,
      steps: planned.steps,
      pointOfNoReturn: planned.pointOfNoReturn,
      approvalsRequired: approvalsFor(input.policy, request.kind),
    },
  };
}

/** Every node that the request names. */
function namesIn(request: OperationRequest): string[] {
  const values = request as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(kindOf(request.kind).fields as Readonly<Record<string, Field>>)
    .filter(([, { field }]) => field === 'target' || field === 'upstream')
    .flatMap(([name]) => (typeof values[name] === 'string' ? [values[name]] : []));
}
