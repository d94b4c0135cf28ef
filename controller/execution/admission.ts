/**
 * The last look before an operation begins. What was true when it was asked for counts for nothing: requester, approvals, plan and checks
 * are judged again from the database, and doubt refuses.
 */
import type pg from 'pg';
import { sealPlan } from '../../lib/audit/plan-hash.ts';
import { decisionsOf, requesterNow } from '../../lib/db/operations/operations.ts';
import type { Decision, DrivenOperation, RequesterNow } from '../../lib/db/operations/operations.ts';
import { readPlanningInput } from '../../lib/db/operations/planning-input.ts';
import { lookAhead } from '../../lib/domain/operation/checks/checks.ts';
import { comparePlans, isSamePlan } from '../../lib/domain/operation/outlook/difference.ts';
import type { PlanningInput } from '../../lib/domain/operation/plan/inputs.ts';
import type { Plan } from '../../lib/domain/operation/model.ts';
import { takeOverRisk } from '../../lib/domain/operation/checks/occupancy.ts';
import type { UnderWay } from '../../lib/domain/operation/lanes.ts';
import { isAcknowledged } from '../../lib/domain/operation/risks.ts';
import { planOperation } from '../../lib/domain/operation/plan/plan.ts';
import { isYoungerThan } from '../../lib/domain/time/age.ts';
import type { ViewSource } from './view-source.ts';
import { OBSERVER_WARM_UP_MS } from '../../lib/domain/findings/hysteresis.ts';
import { rolesHeld } from '../../lib/domain/policy/held.ts';
import { mayActor } from '../../lib/domain/policy/permissions.ts';

/** Approval that has not come by then does not come: the picture it would be for is a day old. */
export const APPROVAL_LIFE_MS = 24 * 60 * 60_000;
/** A view that this leadership did not compute, or longer ago than this, is not judged: the evaluator is beginning, as after a takeover. */
const VIEW_AGE_MAX_MS = 3_000;
/** A node that has not reported for so long may still be reconnecting to a controller that has just begun to lead. */
const NODE_AGE_MAX_MS = 3_000;

/** `wait`: it can't be judged yet. `sentences` say what is in the way and what to do. */
export type Admission =
  { verdict: 'admitted'; takes: UnderWay[] } | { verdict: 'wait'; sentences: string[] } | { verdict: 'refused'; sentences: string[] };

const refused = (...sentences: string[]): Admission => ({ verdict: 'refused', sentences });

/** Judges by the approvals whether the operation waits, is queued, or is refused. */
export async function judgeApprovals(pool: pg.Pool, operation: DrivenOperation, nowMs: number): Promise<Admission> {
  const decisions = await decisionsOf(pool, operation.id);
  const rejection = decisions.find(({ decision }) => decision === 'rejected');
  if (rejection !== undefined) return refused(`${rejection.by} rejected it: ${rejection.reason}`);
  const counting = decisions.filter((decision) => mayStillApprove(decision, operation.cluster)).length;
  if (counting >= operation.approvalsRequired) return { verdict: 'admitted', takes: [] };
  if (nowMs - operation.requestedAt.getTime() > APPROVAL_LIFE_MS) {
    return refused(`It had ${counting} of ${operation.approvalsRequired} approvals a day after it was requested. Request it again.`);
  }
  return { verdict: 'wait', sentences: [`It has ${counting} of ${operation.approvalsRequired} approvals.`] };
}

const mayStillApprove = ({ decision, disabled, ...roles }: Decision, cluster: string): boolean =>
  decision === 'approved' && !disabled && mayActor({ kind: 'user', scopes: rolesHeld(roles) }, 'operation.approve', { cluster });

/**
 * @param views computed by this controller under its present leadership, and for how long: no clock makes an earlier leader's view new, and
 * a new leader does not take silence for absence.
 */
export async function judgeStart(
  pool: pg.Pool,
  operation: DrivenOperation,
  plan: Plan,
  nowMs: number,
  views: Pick<ViewSource, 'latest' | 'ageMs' | 'leadingForMs'>,
): Promise<Admission> {
  const requester = await requesterNow(pool, operation.requestedBy, operation.requestedByUserId, new Date(nowMs));
  if (!mayRequest(requester, operation.cluster)) {
    return refused(`${operation.requestedBy} may not request operations any more. Somebody who may has to request it again.`);
  }
  const approvals = await judgeApprovals(pool, operation, nowMs);
  if (approvals.verdict === 'wait')
    return refused(`${approvals.sentences.join(' ')} Those of people who may not approve any more do not count. Request it again.`);
  if (approvals.verdict === 'refused') return approvals;
  const input = await readPlanningInput(pool, operation.cluster, nowMs);
  if (input === null)
    return { verdict: 'wait', sentences: [`There is no picture of ${operation.cluster} yet. See on its page whether its agents report.`] };
  const [view, viewAgeMs] = [views.latest(operation.clusterId), views.ageMs(operation.clusterId)];
  if (view === null || viewAgeMs === null || viewAgeMs > VIEW_AGE_MAX_MS)
    return { verdict: 'wait', sentences: [`This controller has not looked at ${operation.cluster} yet, or not lately.`] };
  // Itself is not another operation that is under way.
  const judged = judgePlan(plan, operation, {
    ...input,
    view,
    underWay: input.underWay.filter(({ id }) => id !== operation.id),
  });
  if (judged.verdict !== 'refused' || !mayPassByItself({ ...input, view }, nowMs, views.leadingForMs)) return judged;
  return { verdict: 'wait', sentences: judged.sentences };
}

/** True if the refusal may rest on reports that this controller has not received yet. */
function mayPassByItself({ view, nodes }: PlanningInput, nowMs: number, leadingForMs: number): boolean {
  const isSilent = nodes.some(({ observedAtMs }) => observedAtMs !== null && !isYoungerThan(observedAtMs, NODE_AGE_MAX_MS, nowMs));
  return leadingForMs < OBSERVER_WARM_UP_MS && (isSilent || nodes.some(({ name }) => stateOf(view, name) === 'unknown'));
}

const stateOf = (view: PlanningInput['view'], name: string): string | null => view.nodes.find((node) => node.name === name)?.state ?? null;

const mayRequest = (requester: RequesterNow | null, cluster: string): boolean =>
  requester !== null && mayActor(requester, 'operation.request', { cluster });

/** The plan is still the one that would be made, and nothing blocks it. */
function judgePlan(plan: Plan, { planHash, risks }: Pick<DrivenOperation, 'planHash' | 'risks'>, input: PlanningInput): Admission {
  if (sealPlan(plan).hash !== planHash)
    return refused('The plan is not the one that its hash names. Make a new plan, and look who changed this one.');
  const fresh = planOperation(plan.request, input);
  if ('impossible' in fresh) return refused(...fresh.impossible);
  if (!isSamePlan(plan, fresh.plan)) {
    const { sentences } = comparePlans(plan, fresh.plan);
    return refused('The cluster is not as it was when this was planned. Look at the new plan and request that.', ...sentences);
  }
  const { blocked, takenOver } = lookAhead(plan, input);
  if (blocked.length > 0) return refused(...blocked);
  const unseen = takenOver.map(takeOverRisk).filter((risk) => !isAcknowledged(risk, risks));
  if (unseen.length > 0)
    return refused('Another operation began since this was requested, and nobody agreed to end that. Look at the new plan.');
  return { verdict: 'admitted', takes: takenOver };
}
