/**
 * Does to a watched lab what people do at the screens, by the same audited commands: plans, requests, approves, waits for the result.
 * For tests and benches.
 */
import type { Pool } from 'pg';
import { approveOperation } from '../lib/commands/operation/approve.ts';
import { cancelOperation } from '../lib/commands/operation/cancel.ts';
import type { CommandContext, CommandResult } from '../lib/commands/define.ts';
import { planOperationNow } from '../lib/commands/operation/plan.ts';
import { releaseOperation } from '../lib/commands/operation/release.ts';
import { requestOperation } from '../lib/commands/operation/request.ts';
import { createUser } from '../lib/commands/user/create.ts';
import type { Prisma } from '../lib/db/ground/prisma.ts';
import { isEnded } from '../lib/domain/operation/model.ts';
import type { Measured, OperationEvent, OperationRequest, OperationState, Outlook, Plan } from '../lib/domain/operation/model.ts';
import { onFleet } from '../lib/domain/policy/permissions.ts';
import type { Actor, Role } from '../lib/domain/policy/permissions.ts';
import { waitFor } from './waiting.ts';

const POLL_MS = 100;
const POSSIBLE_POLL_MS = 200;
const OPERATION_DEADLINE_MS = 120_000;
const POSSIBLE_DEADLINE_MS = 60_000;
const PLANS_TRIED_MAX = 5;
/** A person would look at the new plan and click again. */
const VOID_CODES: ReadonlySet<string> = new Set(['plan-changed', 'blocked', 'impossible', 'not-acknowledged']);

export interface PlannedOperation {
  plan: Plan;
  hash: string;
  outlook: Outlook;
}

export interface OperationResult {
  id: string;
  state: OperationState;
  outcome: string | null;
  measured: Measured | null;
  plan: Plan;
  events: { at: Date; event: OperationEvent }[];
  /** When it was requested, in milliseconds since 1970: the click. */
  requestedAtMs: number;
}

/** A command's own sentences, and the code of a refusal. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
  readonly code: string | null;
  constructor(reasons: readonly string[], code: string | null) {
    super(reasons.join(' '));
    this.code = code;
  }
}

export class Operator {
  readonly #prisma: Prisma;
  readonly #pool: Pool;
  readonly #actors = new Map<Role, Promise<Actor>>();

  constructor({ prisma, pool }: { prisma: Prisma; pool: Pool }) {
    this.#prisma = prisma;
    this.#pool = pool;
  }

  /** A person of this role; the account is made when it is first needed. */
  actor(role: Role): Promise<Actor> {
    const known = this.#actors.get(role);
    if (known !== undefined) return known;
    const made = this.#makeActor(role);
    this.#actors.set(role, made);
    return made;
  }

  async #makeActor(role: Role): Promise<Actor> {
    const email = `${role}@lab.farshore.example`;
    const { rows } = await this.#pool.query<{ id: number }>('SELECT id FROM app_user WHERE email = $1', [email]);
    const administrator: CommandContext = { prisma: this.#prisma, actor: { kind: 'system', process: 'lab' }, at: new Date() };
    const { id } = rows[0] ?? valueOf(await createUser(administrator, { email, name: `Lab ${role}`, role }));
    return { kind: 'user', userId: id, email, scopes: onFleet(role), sessionId: `lab-${role}`, authenticatedAt: new Date() };
  }

  async #as(role: Role): Promise<CommandContext> {
    return { prisma: this.#prisma, actor: await this.actor(role), at: new Date() };
  }

  /** The dry run. @throws CommandRefused when there is no such plan. */
  async plan(cluster: string, request: OperationRequest): Promise<PlannedOperation> {
    return valueOf(await planOperationNow(await this.#as('operator'), { cluster, request }));
  }

  /** Plans again and again until nothing stands in the way. @throws with what does. */
  async planUntilPossible(cluster: string, request: OperationRequest, deadlineMs = POSSIBLE_DEADLINE_MS): Promise<PlannedOperation> {
    let why = '';
    const planned = waitFor(
      `a plan that can be run`,
      deadlineMs,
      async () => {
        try {
          const now = await this.plan(cluster, request);
          why = now.outlook.blocked.join(' ');
          return now.outlook.blocked.length === 0 ? now : null;
        } catch (error) {
          if (!(error instanceof CommandRefused)) throw error;
          why = error.message;
          return null;
        }
      },
      POSSIBLE_POLL_MS,
    );
    return planned.catch((error: Error) => {
      throw new Error(`${error.message} ${request.kind} of ${cluster}: ${why}`);
    });
  }

  /**
   * Plans and requests until a plan that satisfies `wanted` is taken, as a person does who reads that the plan is void. @returns the
   * operation's id @throws with the last obstacle
   */
  async requestUntilTaken(
    cluster: string,
    request: OperationRequest,
    wanted: (planned: PlannedOperation) => boolean,
    deadlineMs = POSSIBLE_DEADLINE_MS,
  ): Promise<string> {
    let why = 'no plan was as wanted';
    const taken = waitFor(
      'a plan that is taken',
      deadlineMs,
      async () => {
        try {
          const planned = await this.planUntilPossible(cluster, request);
          return wanted(planned) ? await this.request(cluster, planned) : null;
        } catch (error) {
          if (!(error instanceof CommandRefused) || !VOID_CODES.has(error.code ?? '')) throw error;
          why = error.message;
          return null;
        }
      },
      POSSIBLE_POLL_MS,
    );
    return taken.catch((error: Error) => {
      throw new Error(`${error.message} ${request.kind} of ${cluster}: ${why}`);
    });
  }

  /** The click: requests a plan that was looked at, acknowledging everything it asks for. @returns the operation's id. */
  async request(cluster: string, { hash, outlook }: PlannedOperation, idempotencyKey: string | null = null): Promise<string> {
    const input = { cluster, planHash: hash, reason: 'A test of the lab.', ticket: null, typedName: cluster, idempotencyKey };
    return valueOf(await requestOperation(await this.#as('operator'), { ...input, acknowledgedRisks: outlook.acknowledge })).id;
  }

  async approve(operation: string, planHash: string): Promise<void> {
    valueOf(
      await approveOperation(await this.#as('approver'), {
        operation,
        planHash,
        decision: 'approved',
        reason: 'Looked at it, and agreed.',
      }),
    );
  }

  async cancel(operation: string): Promise<void> {
    valueOf(await cancelOperation(await this.#as('operator'), { operation, reason: 'A test of cancelling.' }));
  }

  /** Lets a held operation try again. */
  async release(operation: string): Promise<void> {
    valueOf(await releaseOperation(await this.#as('operator'), { operation, reason: 'What was in the way is mended.' }));
  }

  /** Plans, requests, approves where that is needed, and waits for the end. @throws with its journal when it does not end as `done`. */
  async run(cluster: string, request: OperationRequest, deadlineMs = OPERATION_DEADLINE_MS): Promise<OperationResult> {
    const planned = await this.planUntilPossible(cluster, request);
    return this.runPlanned(cluster, planned, deadlineMs);
  }

  /** The same from a plan that was made before. When it is void because the cluster was still settling, the new one is taken. */
  async runPlanned(cluster: string, seen: PlannedOperation, deadlineMs = OPERATION_DEADLINE_MS): Promise<OperationResult> {
    let planned = seen;
    for (let tries = 1; ; tries += 1) {
      const requestedAtMs = performance.timeOrigin + performance.now();
      try {
        const id = await this.request(cluster, planned);
        if (planned.plan.approvalsRequired > 0) await this.approve(id, planned.hash);
        const result = await this.wait(id, deadlineMs);
        if (result.state === 'done') return { ...result, requestedAtMs };
        if (result.state === 'refused') throw new CommandRefused([describe(result)], 'plan-changed');
        throw new Error(`${planned.plan.request.kind} ended as ${result.state}: ${describe(result)}`);
      } catch (error) {
        if (!(error instanceof CommandRefused) || !VOID_CODES.has(error.code ?? '') || tries === PLANS_TRIED_MAX) throw error;
        planned = await this.planUntilPossible(cluster, planned.plan.request);
      }
    }
  }

  /** Waits until the operation has ended. @throws with its journal when it has not in time. */
  async wait(id: string, deadlineMs = OPERATION_DEADLINE_MS): Promise<OperationResult> {
    await waitFor(`operation ${id} to end`, deadlineMs, async () => isEnded(await this.state(id)), POLL_MS).catch(async (error: Error) => {
      throw new Error(`${error.message} ${describe(await this.result(id))}`);
    });
    return this.result(id);
  }

  async state(id: string): Promise<OperationState> {
    const { rows } = await this.#pool.query<{ state: OperationState }>('SELECT state FROM operation WHERE id = $1', [id]);
    if (rows[0] === undefined) throw new Error(`There is no operation ${id}.`);
    return rows[0].state;
  }

  async result(id: string): Promise<OperationResult> {
    const [operation, events] = await Promise.all([
      this.#pool.query<OperationRow>('SELECT state, outcome, measured, plan, requested_at AS "requestedAt" FROM operation WHERE id = $1', [
        id,
      ]),
      this.#pool.query<{ at: Date; event: OperationEvent }>(
        'SELECT at, body AS event FROM operation_event WHERE operation_id = $1 ORDER BY sequence',
        [id],
      ),
    ]);
    const row = operation.rows[0];
    if (row === undefined) throw new Error(`There is no operation ${id}.`);
    const { state, outcome, measured, requestedAt } = row;
    return { id, state, outcome, measured, plan: JSON.parse(row.plan) as Plan, events: events.rows, requestedAtMs: requestedAt.getTime() };
  }
}

interface OperationRow {
  state: OperationState;
  outcome: string | null;
  measured: Measured | null;
  plan: string;
  requestedAt: Date;
}

/** How it went, for the message of a failed test: what ended it, and each step with its time. */
export function describe({ state, outcome, events }: OperationResult): string {
  const beganMs = events[0]?.at.getTime() ?? 0;
  const lines = events.map(({ at, event }) => {
    const subject = 'step' in event ? event.step : '';
    const more = 'reason' in event ? `: ${event.reason}` : '';
    return `  +${String(at.getTime() - beganMs).padStart(6)} ms ${event.kind} ${subject}${'undo' in event && event.undo ? ' (undo)' : ''}${more}`;
  });
  return [`${state}, ${outcome ?? 'no outcome'}`, ...lines].join('\n');
}

function valueOf<T>(result: CommandResult<T>): T {
  if (result.ok) return result.value;
  const code = result.particulars?.code;
  throw new CommandRefused(result.reasons, code ?? null);
}
