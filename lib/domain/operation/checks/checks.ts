/** What to expect of a plan now: every check by name, expected outage and loss with their basis, what clients see. Computed at each look. */
import { kindOf } from '../kinds/registry.ts';
import type { Check, Outlook, Plan } from '../model.ts';
import { cancelledUntil, expectedOutage } from '../outlook/expectations.ts';
import type { PlanningInput } from '../plan/inputs.ts';
import { pictureOf } from '../plan/planning-topology.ts';
import { blockedBy, check } from './check-making.ts';
import { verbChecks } from './checks-of-verbs.ts';

export function lookAhead(plan: Plan, input: PlanningInput): Outlook {
  const kind = kindOf(plan.request.kind);
  const picture = pictureOf(input);
  const checks = picture === null ? [noPicture()] : [...kind.checks(plan, picture), ...verbChecks(plan, picture)];
  const risks = kind.risks(plan, input);
  return {
    checks,
    blocked: blockedBy(checks),
    outage: expectedOutage(plan, input, kind.outageLike(plan.request)),
    loss: kind.loss(plan, input),
    clients: kind.clients(plan),
    undo: kind.undo(plan, cancelledUntil(plan)),
    risks,
    acknowledge: risks.map(({ sentence }) => sentence),
  };
}

const noPicture = (): Check =>
  check({ id: 'leadership', title: 'It is known who leads', threshold: 'known' }, 'unknown', 'unknown', 'Wait until a primary was seen.');
