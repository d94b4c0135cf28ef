/** A controller, a cluster of scripted agents, and people who ask for operations: what tests of execution begin with. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { sealPlan } from '../lib/audit/plan-hash.ts';
import { insertOperation } from '../lib/db/operations/operation-requests.ts';
import { loadEvents, moveOperation, writeAdvance } from '../lib/db/operations/operations.ts';
import { readPlanningInput } from '../lib/db/operations/planning-input.ts';
import type { Claim } from '../lib/domain/operation/lanes.ts';
import { isEnded } from '../lib/domain/operation/model.ts';
import type { OperationRequest, OperationState, Plan, RecordedEvent, Step } from '../lib/domain/operation/model.ts';
import { planOperation } from '../lib/domain/operation/plan/plan.ts';
import type { Risk } from '../lib/domain/operation/risks.ts';
import type { ClusterView } from '../lib/domain/topology/model.ts';
import { issueToken, registerCluster, waitFor } from './controller-fixture.ts';
import { ScriptedFleet } from './scripted-fleet.ts';
import { SimulatedAgent } from './simulated-agent.ts';

const SETTLE_MS = 20_000;
const END_MS = 40_000;

export const CLUSTER = 'payments';
export const NODES = ['pay-a', 'pay-b', 'pay-c'] as const;

/** Registers and joins the cluster's nodes at this gateway, and lets them report. */
export async function startScriptedFleet(
  pool: pg.Pool,
  gateway: { gatewayUrl: string; caPem: string },
  { knowsOrder = true }: { knowsOrder?: boolean } = {},
): Promise<ScriptedFleet> {
  await registerCluster(pool, CLUSTER, NODES);
  const agents = new Map<string, SimulatedAgent>();
  for (const name of NODES) {
    agents.set(name, await SimulatedAgent.join(gateway.gatewayUrl, gateway.caPem, await issueToken(pool, name), name));
  }
  const fleet = new ScriptedFleet(agents, knowsOrder);
  fleet.start();
  await settled(pool, CLUSTER, NODES[0], NODES.slice(1));
  return fleet;
}

export async function viewOf(pool: pg.Pool, slug = CLUSTER): Promise<ClusterView | null> {
  const { rows } = await pool.query<{ view: ClusterView }>(
    'SELECT view FROM cluster_latest l JOIN cluster c ON c.id = l.cluster_id WHERE c.slug = $1',
    [slug],
  );
  return rows[0]?.view ?? null;
}

/** Waits until this node is seen writable, the others stream from it, and the agents are of one mind about the term. */
export async function settled(pool: pg.Pool, slug: string, primary: string, standbys: readonly string[]): Promise<ClusterView> {
  return await waitFor(
    `${primary} primary, ${standbys.join(' and ')} streaming`,
    async () => {
      const view = await viewOf(pool, slug);
      const input = await readPlanningInput(pool, slug, Date.now());
      if (view === null || input?.leadership == null || input.leadership.holder !== primary || input.leadership.timeline === null)
        return null;
      const streams = (name: string) => view.links.some(({ to, from, state }) => to === name && from === primary && state === 'streaming');
      const agrees = input.nodes.every(({ observation }) => observation?.authority?.termSeen === input.leadership?.term);
      return view.primary === primary && standbys.every(streams) && agrees ? view : null;
    },
    SETTLE_MS,
  );
}

/** Somebody with a role; the id. */
export async function addPerson(pool: pg.Pool, email: string, role: string): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `INSERT INTO app_user (email, name, password_hash, role) VALUES ($1, $1, '', $2)
     ON CONFLICT (email) DO UPDATE SET role = excluded.role, disabled_at = NULL RETURNING id`,
    [email, role],
  );
  return rows[0]?.id ?? 0;
}

export async function planFor(pool: pg.Pool, request: OperationRequest, slug = CLUSTER): Promise<Plan> {
  const input = await readPlanningInput(pool, slug, Date.now());
  if (input === null) throw new Error('There is no picture yet.');
  const planned = planOperation(request, input);
  if ('impossible' in planned) throw new Error(planned.impossible.join(' '));
  return planned.plan;
}

/** Inserts a request as the command does, as the operator. Returns its id. */
export async function requestPlan(
  pool: pg.Pool,
  plan: Plan,
  over: { requestedBy?: string; userId?: number | null; risks?: readonly Risk[] } = {},
): Promise<string> {
  const { body, hash } = sealPlan(plan);
  const userId = over.userId === undefined ? await addPerson(pool, 'operator@example.com', 'operator') : over.userId;
  const { rows } = await pool.query<{ id: number }>('SELECT id FROM cluster WHERE slug = $1', [plan.cluster]);
  const id = randomUUID();
  const state = await insertOperation(pool, {
    id,
    clusterId: rows[0]?.id ?? 0,
    kind: plan.request.kind,
    planHash: hash,
    plan: body,
    requestedBy: over.requestedBy ?? 'user:operator@example.com',
    requestedByUserId: userId,
    requestedAt: new Date(),
    reason: 'a test of the execution',
    ticket: null,
    acknowledgedRisks: (over.risks ?? []).map(({ sentence }) => sentence),
    risks: over.risks ?? [],
    idempotencyKey: null,
  });
  if (state === null) throw new Error('It could not be stored.');
  return id;
}

export async function request(pool: pg.Pool, wanted: OperationRequest, slug = CLUSTER): Promise<{ id: string; plan: Plan }> {
  const plan = await planFor(pool, wanted, slug);
  return { id: await requestPlan(pool, plan), plan };
}

export interface EndedOperation {
  state: OperationState;
  outcome: string | null;
  measured: Record<string, unknown> | null;
  events: RecordedEvent[];
}

export async function stateOf(pool: pg.Pool, id: string): Promise<Omit<EndedOperation, 'events'>> {
  const { rows } = await pool.query<Omit<EndedOperation, 'events'>>('SELECT state, outcome, measured FROM operation WHERE id = $1', [id]);
  const row = rows[0];
  if (row === undefined) throw new Error(`There is no operation ${id}.`);
  return row;
}

/** Waits for its end. */
export async function ended(pool: pg.Pool, id: string, timeoutMs = END_MS): Promise<EndedOperation> {
  const row = await waitFor(
    `the end of ${id}`,
    async () => {
      const now = await stateOf(pool, id);
      return isEnded(now.state) ? now : null;
    },
    timeoutMs,
  );
  return { ...row, events: await loadEvents(pool, id) };
}

export async function inState(pool: pg.Pool, id: string, state: OperationState): Promise<void> {
  await waitFor(`${id} to be ${state}`, async () => ((await stateOf(pool, id)).state === state ? true : null), END_MS);
}

/** The steps of a run in the order of their ends, without times. */
export function stepEnds(events: readonly RecordedEvent[]): string[] {
  return events.flatMap(({ event }) => {
    if (event.kind === 'step-done') return [`${event.undo ? 'undo:' : ''}${event.step} done`];
    if (event.kind === 'step-failed') return [`${event.undo ? 'undo:' : ''}${event.step} ${event.failure} ${event.code}`];
    if (event.kind === 'step-skipped') return [`${event.step} skipped`];
    return [];
  });
}

/** A plan of hand-made steps, which no planner would make: for what only shows with short deadlines and chosen failures. */
export function handMadePlan(
  cluster: string,
  term: number,
  steps: readonly (Partial<Step> & Pick<Step, 'id' | 'stage' | 'action'>)[],
): Plan {
  const full = steps.map((step): Step => {
    const words = { title: step.id, does: '', verifiedBy: '', worst: '', waitsFor: '', undoText: '' };
    return { phase: 'prepare', deadlineMs: 2_000, attemptsMax: 2, undo: null, onFailure: 'roll-back', ...words, ...step };
  });
  const nothing = { primary: null, synchronous: null, nodes: [] };
  return {
    planVersion: 1,
    cluster,
    request: { kind: 'reload', target: full[0]?.id ?? '' },
    summary: 'A plan of a test.',
    term,
    before: nothing,
    after: nothing,
    steps: full,
    pointOfNoReturn: null,
    approvalsRequired: 0,
  };
}

/** Inserts it as one that another controller began, which passes by the judgement before the start. `claim`: absent = of a release before. */
export async function begunElsewhere(pool: pg.Pool, plan: Plan, claim?: Claim): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const id = await requestPlan(client as unknown as pg.Pool, plan);
    if (claim !== undefined) await moveOperation(client, id, { state: 'running', claim });
    await writeAdvance(client, {
      ...{ operation: id, commands: [], results: [], artifacts: [], outcome: null, taken: { cancel: false, release: false } },
      state: 'running',
      events: [{ sequence: 1, at: new Date().toISOString(), event: { kind: 'started', controller: 'elsewhere' } }],
    });
    await client.query('COMMIT');
    return id;
  } finally {
    client.release();
  }
}
