/** Computes the outlook of a plan now: every check by name, expected outage and loss with their basis, what clients see. */
import { kindOf } from '../kinds/registry.ts';
import { occupancyOf } from '../lanes.ts';
import type { Claim } from '../lanes.ts';
import type { Check, Outlook, Plan } from '../model.ts';
import { cancelledUntil, expectedOutage } from '../outlook/expectations.ts';
import type { PlanningInput } from '../plan/inputs.ts';
import { pictureOf } from '../plan/planning-topology.ts';
import { blockedBy, check } from './check-making.ts';
import { occupancyCheck, takeOverRisk } from './occupancy.ts';
import { verbChecks } from './checks-of-verbs.ts';

export function lookAhead(plan: Plan, input: PlanningInput): Outlook {
  const kind = kindOf(plan.request.kind);
  const picture = pictureOf(input);
  const occupancy = occupancyOf(claimOf(plan), kind.takesOver, input);
  const checks =
    picture === null ? [noPicture()] : [occupancyCheck(occupancy, input), ...kind.checks(plan, picture), ...verbChecks(plan, picture)];
  const risks = [...kind.risks(plan, input), ...occupancy.takenOver.map(takeOverRisk)];
  return {
    checks,
    blocked: blockedBy(checks),
    outage: expectedOutage(plan, input, kind.outageLike(plan.request)),
    loss: kind.loss(plan, input),
    clients: kind.clients(plan),
    undo: kind.undo(plan, cancelledUntil(plan)),
    ...occupancy,
    risks,
    acknowledge: risks.map(({ sentence }) => sentence),
  };
}

export const claimOf = (plan: Plan): Claim => {
  const kind = kindOf(plan.request.kind);
  return { lane: kind.lane(plan.request), ...kind.needs(plan) };
};

const noPicture = (): Check =>
  check({ id: 'leadership', title: 'Leadership is known', threshold: 'known' }, 'unknown', 'unknown', 'Wait until a primary was seen.');
