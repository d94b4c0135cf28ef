/**
 * Operations as the controller moves them: the journal of a run, and what is written together with it. The primary key of the journal is
 * also the lock: of two controllers that drive one run, the second to write a number fails and stops.
 */
import type { CommandResult } from '../../agent-contract/commands.ts';
import { ENDED_STATES } from '../../domain/operation/model.ts';
import type { Claim } from '../../domain/operation/lanes.ts';
import type { Measured, OperationKind, OperationState, RecordedEvent } from '../../domain/operation/model.ts';
import type { Risk } from '../../domain/operation/risks.ts';
import { rolesHeld } from '../../domain/policy/held.ts';
import type { StoredRoles } from '../../domain/policy/held.ts';
import type { Holder } from '../../domain/policy/permissions.ts';
import { TOKEN_COLUMNS, tokenScopes } from '../accounts/accounts.ts';
import type { ApiTokenRow } from '../accounts/accounts.ts';
import { insertCommandsSql } from './agent-commands.ts';
import type { NewCommand } from './agent-commands.ts';
import { jsonText, storableText } from '../ground/json-batch.ts';
import { errorCode } from '../ground/problem.ts';
import type { Queryable } from '../ground/pool.ts';

const UNFINISHED_MAX = 10_000;
/** A run has some hundred events; thousands mean that something repeats itself. */
export const EVENTS_MAX = 20_000;
const ENDED_LIST = ENDED_STATES.map((state) => `'${state}'`).join(', ');

/** Somebody else wrote this event's number: another controller drives the run now. */
export class JournalTaken extends Error {
  override name = 'JournalTaken';
}

/** Operations that have not ended, oldest request first. */
export async function unfinishedOperations(client: Queryable): Promise<{ id: string; clusterId: number }[]> {
  const { rows } = await client.query<{ id: string; clusterId: number }>(
    `SELECT id, cluster_id AS "clusterId" FROM operation WHERE state NOT IN (${ENDED_LIST}) ORDER BY requested_at, id LIMIT ${UNFINISHED_MAX}`,
  );
  return rows;
}

/** True while an operation of the leadership lane is under way: then nothing else moves the leadership of this cluster. */
export async function isLeadershipMoving(client: Queryable, clusterId: number): Promise<boolean> {
  const { rows } = await client.query<{ moving: boolean }>(
    `SELECT EXISTS (SELECT FROM operation WHERE cluster_id = $1 AND state IN ('running', 'rolling-back', 'held')
       AND coalesce(lane, 'leadership') = 'leadership') AS moving`,
    [clusterId],
  );
  return rows[0]?.moving ?? false;
}

/** True if an operation that is under way needs this node. */
export async function isNeeded(client: Queryable, clusterId: number, node: string): Promise<boolean> {
  const { rows } = await client.query<{ needed: boolean }>(
    `SELECT EXISTS (SELECT FROM operation WHERE cluster_id = $1 AND state IN ('running', 'rolling-back', 'held')
       AND (has_nodes IS NULL OR $2 = ANY (has_nodes) OR $2 = ANY (relies_on_nodes))) AS needed`,
    [clusterId, node],
  );
  return rows[0]?.needed ?? false;
}

export interface DrivenOperation {
  id: string;
  clusterId: number;
  cluster: string;
  kind: OperationKind;
  state: OperationState;
  planHash: string;
  /** Canonical JSON. */
  plan: string;
  approvalsRequired: number;
  requestedBy: string;
  requestedByUserId: number | null;
  requestedAt: Date;
  reason: string;
  ticket: string | null;
  acknowledgedRisks: string[];
  /** The same as codes with values; those of an earlier release have none. */
  risks: Risk[];
}

export async function loadDriven(client: Queryable, id: string): Promise<DrivenOperation | null> {
  const { rows } = await client.query<DrivenOperation>(
    `SELECT o.id, o.cluster_id AS "clusterId", c.slug AS cluster, o.kind, o.state, o.plan_hash AS "planHash", o.plan,
       o.approvals_required AS "approvalsRequired", o.requested_by AS "requestedBy", o.requested_by_user_id AS "requestedByUserId",
       o.requested_at AS "requestedAt", o.reason, o.ticket, coalesce(o.acknowledged_risks, '{}') AS "acknowledgedRisks",
       coalesce(o.risks, '[]') AS risks
     FROM operation o JOIN cluster c ON c.id = o.cluster_id WHERE o.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** People's wishes for a running operation. */
export interface Wishes {
  state: OperationState;
  cancel: { by: string; at: Date } | null;
  release: { by: string; at: Date } | null;
}

export async function readWishes(client: Queryable, id: string): Promise<Wishes | null> {
  const { rows } = await client.query<{
    state: OperationState;
    cancelBy: string | null;
    cancelAt: Date | null;
    releaseBy: string | null;
    releaseAt: Date | null;
  }>({
    name: 'read-wishes',
    text: `SELECT state, cancel_requested_by AS "cancelBy", cancel_requested_at AS "cancelAt", release_requested_by AS "releaseBy",
             release_requested_at AS "releaseAt" FROM operation WHERE id = $1`,
    values: [id],
  });
  const row = rows[0];
  if (row === undefined) return null;
  return {
    state: row.state,
    cancel: row.cancelAt === null ? null : { by: row.cancelBy ?? 'somebody', at: row.cancelAt },
    release: row.releaseAt === null ? null : { by: row.releaseBy ?? 'somebody', at: row.releaseAt },
  };
}

/** The journal is longer than is read: folding a part of it would tell another state than the run's. */
export class JournalTooLong extends Error {
  override name = 'JournalTooLong';
}

export const tooLongSentence = `The journal has more than ${EVENTS_MAX.toLocaleString('en')} events, so that it can't be read whole. Nothing is done on a part of it: tell support.`;

/** The whole journal, oldest first. Throws JournalTooLong rather than give a part of it. */
export async function loadEvents(client: Queryable, id: string): Promise<RecordedEvent[]> {
  const { rows } = await client.query<{ sequence: number; at: Date; body: RecordedEvent['event'] }>(
    `SELECT sequence, at, body FROM operation_event WHERE operation_id = $1 ORDER BY sequence LIMIT ${EVENTS_MAX + 1}`,
    [id],
  );
  if (rows.length > EVENTS_MAX) throw new JournalTooLong(tooLongSentence);
  return rows.map(({ sequence, at, body }) => ({ sequence, at: at.toISOString(), event: body }));
}

export interface Artifact {
  name: string;
  contentType: string;
  body: string;
}

/** All that becomes durable together. */
export interface Advance {
  operation: string;
  events: readonly RecordedEvent[];
  commands: readonly NewCommand[];
  /** Results of commands, with which the events were made. */
  results: readonly { id: string; result: CommandResult }[];
  artifacts: readonly Artifact[];
  /** `null` = unchanged. */
  state: OperationState | null;
  /** Why it is held; `null` = unchanged. */
  outcome: string | null;
  /** Wishes that were taken up. */
  taken: { cancel: boolean; release: boolean };
}

const ADVANCE = `
  WITH results AS (UPDATE agent_command c SET result = r.result::jsonb, resolved_at = clock_timestamp()
      FROM unnest($2::uuid[], $3::text[]) AS r(id, result) WHERE c.id = r.id AND c.resolved_at IS NULL),
    commands AS (${insertCommandsSql('$4')}),
    artifacts AS (INSERT INTO operation_artifact (operation_id, name, content_type, body)
      SELECT $1::uuid, a.name, a.type, a.body FROM unnest($5::text[], $6::text[], $7::text[]) AS a(name, type, body)
      ON CONFLICT (operation_id, name) DO NOTHING),
    moved AS (UPDATE operation SET state = coalesce($8, state), outcome = coalesce($9, outcome),
        cancel_requested_at = CASE WHEN $10 THEN NULL ELSE cancel_requested_at END,
        cancel_requested_by = CASE WHEN $10 THEN NULL ELSE cancel_requested_by END,
        release_requested_at = CASE WHEN $11 THEN NULL ELSE release_requested_at END,
        release_requested_by = CASE WHEN $11 THEN NULL ELSE release_requested_by END
      WHERE id = $1::uuid AND ($8::text IS NOT NULL OR $9::text IS NOT NULL OR $10::boolean OR $11::boolean))
  INSERT INTO operation_event (operation_id, sequence, at, kind, body)
    SELECT $1::uuid, e.sequence, e.at, e.kind, e.body::jsonb
    FROM unnest($12::int[], $13::timestamptz[], $14::text[], $15::text[]) AS e(sequence, at, kind, body)`;

/**
 * Writes an advance as one statement, which is one commit. Throws JournalTaken when another controller has written these numbers; after
 * any other error it may or may not have been written: read the journal again.
 */
export async function writeAdvance(client: Queryable, advance: Advance): Promise<void> {
  const { operation, events, commands, results, artifacts, state, outcome, taken } = advance;
  const values = [
    operation,
    ...[results.map(({ id }) => id), results.map(({ result }) => jsonText(result))],
    JSON.stringify(commands),
    ...[
      artifacts.map(({ name }) => name),
      artifacts.map(({ contentType }) => contentType),
      artifacts.map(({ body }) => storableText(body)),
    ],
    ...[state, outcome === null ? null : storableText(outcome), taken.cancel, taken.release],
    ...[events.map(({ sequence }) => sequence), events.map(({ at }) => at)],
    ...[events.map(({ event }) => event.kind), events.map(({ event }) => jsonText(event))],
  ];
  try {
    await client.query({ name: 'advance-operation', text: ADVANCE, values });
  } catch (error) {
    if (errorCode(error) === UNIQUE_VIOLATION)
      throw new JournalTaken(`Operation ${operation} is driven by another controller.`, { cause: error });
    throw error;
  }
}
const UNIQUE_VIOLATION = '23505';

/**
 * Moves an operation whose journal is written by the caller, in the same transaction. The trigger refuses what approvals do not cover. A
 * wish to cancel stays until it is taken up, and is void at the end.
 */
export async function moveOperation(
  client: Queryable,
  id: string,
  to: { state: OperationState; startedAt?: Date; endedAt?: Date; outcome?: string; measured?: Measured; claim?: Claim },
): Promise<void> {
  const { state, startedAt = null, endedAt = null, outcome = null, measured = null, claim } = to;
  const occupies = [claim?.lane ?? null, claim?.has ?? null, claim?.reliesOn ?? null];
  await client.query(
    `UPDATE operation SET state = $2, started_at = coalesce($3, started_at), ended_at = coalesce($4, ended_at), outcome = coalesce($5, outcome),
       measured = coalesce($6::jsonb, measured), lane = coalesce($7, lane), has_nodes = coalesce($8, has_nodes),
       relies_on_nodes = coalesce($9, relies_on_nodes),
       cancel_requested_at = CASE WHEN $4::timestamptz IS NULL THEN cancel_requested_at END,
       cancel_requested_by = CASE WHEN $4::timestamptz IS NULL THEN cancel_requested_by END WHERE id = $1`,
    [
      id,
      state,
      startedAt,
      endedAt,
      outcome === null ? null : storableText(outcome),
      measured === null ? null : jsonText(measured),
      ...occupies,
    ],
  );
}

/** Time on the clock of the control database, in milliseconds since the epoch. */
export async function databaseTimeMs(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ at: Date }>('SELECT clock_timestamp() AS at');
  return rows[0]?.at.getTime() ?? Date.now();
}

export interface Decision {
  by: string;
  decision: 'approved' | 'rejected';
  reason: string;
  /** As they are now: somebody disabled since does not count. */
  role: string;
  clusterRoles: unknown;
  disabled: boolean;
}

/** Decisions about this plan of an operation, oldest first. */
export async function decisionsOf(client: Queryable, id: string): Promise<Decision[]> {
  const { rows } = await client.query<Decision>(
    `SELECT a.by, a.decision, a.reason, u.role, u.cluster_roles AS "clusterRoles", u.disabled_at IS NOT NULL AS disabled FROM operation_approval a
     JOIN operation o ON o.id = a.operation_id AND o.plan_hash = a.plan_hash JOIN app_user u ON u.id = a.user_id
     WHERE a.operation_id = $1 ORDER BY a.id LIMIT 100`,
    [id],
  );
  return rows;
}

/** `null` = the requester no longer exists, or was disabled, revoked or has expired. */
export type RequesterNow = Holder;

export async function requesterNow(client: Queryable, requestedBy: string, userId: number | null, at: Date): Promise<RequesterNow | null> {
  if (userId !== null) {
    const { rows } = await client.query<StoredRoles>(
      'SELECT role, cluster_roles AS "clusterRoles" FROM app_user WHERE id = $1 AND disabled_at IS NULL',
      [userId],
    );
    return rows[0] === undefined ? null : { kind: 'user', scopes: rolesHeld(rows[0]) };
  }
  if (requestedBy.startsWith('system:')) return { kind: 'system' };
  const { rows } = await client.query<ApiTokenRow>(
    `SELECT ${TOKEN_COLUMNS} FROM api_token t
     WHERE 'token:' || t.name = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) ORDER BY t.id LIMIT 1`,
    [requestedBy, at],
  );
  return rows[0] === undefined ? null : { kind: 'apiToken', scopes: tokenScopes(rows[0]) };
}
