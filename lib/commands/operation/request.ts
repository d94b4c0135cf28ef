import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { sealPlan } from '../../audit/plan-hash.ts';
import { findByIdempotencyKey, findPlan, insertOperation } from '../../db/operations/operation-requests.ts';
import type { KeyedOperation } from '../../db/operations/operation-requests.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { comparePlans, isSamePlan } from '../../domain/operation/outlook/difference.ts';
import { kindOf } from '../../domain/operation/kinds/registry.ts';
import type { OperationRequest, OperationState, Outlook, Plan } from '../../domain/operation/model.ts';
import { fieldsOf } from '../../domain/operation/request-address.ts';
import { isAcknowledged } from '../../domain/operation/risks.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { planNow } from '../../queries/operations/plan-now.ts';
import type { PlannedNow } from '../../queries/operations/plan-now.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, displayText, operationReason, planHash, ticket } from '../names.ts';
import { clusterOf } from '../objects.ts';

const RISKS_MAX = 20;
const RISK_LENGTH_MAX = 1_000;
const RISK_CODE_LENGTH_MAX = 100;

const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{8,200}$/, 'an idempotency key is 8 to 200 printable characters without a space, such as a UUID')
  .nullable()
  .default(null);

const acknowledged = z.union([
  displayText('an acknowledged risk', RISK_LENGTH_MAX),
  z.object({
    code: z.string().max(RISK_CODE_LENGTH_MAX),
    values: z.record(z.string().max(RISK_CODE_LENGTH_MAX), displayText('a value of a risk', RISK_LENGTH_MAX)),
  }),
]);

export interface RequestedOperation {
  id: string;
  state: OperationState;
  /** It was requested before, with the same key: nothing new was begun. */
  existed: boolean;
}

/**
 * The plan is computed again: if it would do anything other than the person saw, or a check blocks it, nothing is requested. The controller
 * begins it when it has its approvals.
 */
export const requestOperation = defineCommand({
  name: 'operation.request',
  permission: 'operation.request',
  object: clusterOf(),
  input: z.object({
    cluster: clusterSlug,
    planHash,
    reason: operationReason,
    ticket,
    /** The risks of the outlook, each by its code and values; as the sentence for one release. */
    acknowledgedRisks: z.array(acknowledged).max(RISKS_MAX).default([]),
    /** The short name of the cluster, typed by the person. */
    typedName: z.string(),
    idempotencyKey,
  }),
  run: async ({ tx, actor, at, found: cluster }, { cluster: slug, ...asked }) => {
    const subject = `cluster:${slug}`;
    const client = queryableOf(tx);
    const requestedBy = actorLabel(actor);
    const { idempotencyKey: key } = asked;

    const twin = () => (key === null ? null : findByIdempotencyKey(client, cluster.id, key));
    const before = await twin();
    if (before !== null) return repeated(before, asked.planHash, requestedBy, subject);
    if (asked.typedName !== slug) {
      throw new Refusal(`To confirm, type the short name of the cluster exactly: ${slug}.`, subject, { code: 'name-not-typed' });
    }
    const seen = await findPlan(client, slug, asked.planHash);
    if (seen === null) {
      throw new Refusal('This cluster has no such plan, or it has expired. Look at the plan again.', subject, { code: 'no-such-plan' });
    }
    const plan = JSON.parse(seen) as Plan;
    refuseUnprovenByToken(plan, actor, subject);
    const planned = await planNow(client, slug, plan.request, at.getTime());
    const underWayNow = planned.input?.underWay ?? [];
    if (underWayNow.length > 0) {
      // The same click may have begun it since the key was looked for.
      const same = await twin();
      if (same !== null) return repeated(same, asked.planHash, requestedBy, subject);
    }
    if (!planned.possible) throw new Refusal(planned.impossible, subject, { code: 'impossible' });
    refuseWhatChanged(plan, planned, subject);
    // The plan that was seen is the one that runs; the one of now says the same.
    const { hash, body } = sealPlan(plan);
    const { outlook } = planned;
    // One that is about to begin occupies nothing yet, but a second person must hear of it. An emergency need not.
    const aboutToBegin = kindOf(plan.request.kind).takesOver ? [] : underWayNow.filter(({ state }) => state === 'queued');
    const others = [...outlook.inTheWay, ...aboutToBegin];
    if (others.length > 0) throw underWay(others, subject);
    if (outlook.blocked.length > 0) throw new Refusal(outlook.blocked, subject, { code: 'blocked' });
    const unacknowledged = outlook.risks.filter((risk) => !isAcknowledged(risk, asked.acknowledgedRisks));
    if (unacknowledged.length > 0) {
      const sentences = unacknowledged.map(({ sentence }) => `This must be acknowledged by name: “${sentence}”`);
      throw new Refusal(sentences, subject, {
        ...{ code: 'not-acknowledged', acknowledge: outlook.acknowledge, risks: outlook.risks },
      });
    }

    const id = randomUUID();
    const { reason, ticket: ticketNumber } = asked;
    const acknowledgedRisks = outlook.risks.map(({ sentence }) => sentence);
    const state = await insertOperation(client, {
      ...{ id, clusterId: cluster.id, kind: plan.request.kind, planHash: hash, plan: body, requestedBy, requestedAt: at },
      ...{ requestedByUserId: actor.kind === 'user' ? actor.userId : null },
      ...{ reason, ticket: ticketNumber, acknowledgedRisks, risks: outlook.risks, idempotencyKey: key },
    });
    if (state === null) {
      // The same click, in the same moment.
      const same = await twin();
      if (same !== null) return repeated(same, asked.planHash, requestedBy, subject);
      throw new Refusal('It could not be stored. Try it once more.', subject, { code: 'not-now' });
    }
    const value: RequestedOperation = { id, state, existed: false };
    const particulars = {
      operation: id,
      request: plan.request,
      planHash: hash,
      state,
      reason,
      ticket: ticketNumber,
      acknowledgedRisks: outlook.risks,
    };
    return { value, audit: { subject, body: particulars } };
  },
});

/** The same request again finds what it began; another one may not hide behind its key. */
function repeated(operation: KeyedOperation, hash: string, requestedBy: string, subject: string) {
  if (operation.planHash !== hash || operation.requestedBy !== requestedBy) {
    throw new Refusal('This idempotency key belongs to another request. Take a new one for each request.', subject, { code: 'key-reused' });
  }
  const value: RequestedOperation = { id: operation.id, state: operation.state, existed: true };
  return { value, audit: { subject, body: { operation: operation.id, planHash: hash, repeated: true } } };
}

/** Some things can only be said by a person, under a name: such as that a server is off although nothing proves it. */
function refuseUnprovenByToken({ request }: Plan, actor: Actor, subject: string): void {
  if (actor.kind !== 'apiToken') return;
  const reserved = fieldsOf(request.kind).flatMap(([name, field]) => {
    const choice =
      field.field === 'choice' ? field.choices.find(({ value }) => value === request[name as keyof OperationRequest]) : undefined;
    return choice?.personOnly === undefined ? [] : [choice.personOnly];
  });
  if (reserved.length > 0) throw new Refusal(reserved, subject, { code: 'person-only' });
}

function refuseWhatChanged(seen: Plan, planned: Extract<PlannedNow, { possible: true }>, subject: string): void {
  if (isSamePlan(seen, planned.plan)) return;
  const { sentences } = comparePlans(seen, planned.plan);
  throw new Refusal(['The plan that you saw is void, because the cluster has changed since:', ...sentences], subject, {
    code: 'plan-changed',
    planHash: planned.hash,
    difference: sentences,
  });
}

function underWay(inTheWay: Outlook['inTheWay'], subject: string): Refusal {
  const [first] = inTheWay;
  const which = inTheWay.map(({ kind, state }) => `${kind}, ${state}`).join('; ');
  const sentence = `Another operation (${which}) that needs the same nodes is under way. Wait until it has ended, or cancel it.`;
  return new Refusal(sentence, subject, { code: 'under-way', ...(first === undefined ? {} : { operation: first.id }) });
}
