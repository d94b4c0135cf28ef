/** Commands to agents as they are kept: signed text, when it was handed out, what came of it. The first result stands. */
import type { CommandProgress, CommandResult, SignedCommand } from '../../agent-contract/commands.ts';
import { OPERATION_CHANNEL } from '../ground/channels.ts';
import { jsonText } from '../ground/json-batch.ts';
import type { Queryable } from '../ground/pool.ts';

/** A command to be inserted. `operation: null` = of the steward of leadership. */
export interface NewCommand extends SignedCommand {
  id: string;
  operation: string | null;
  /** Id of the step, `undo:` before it when it is rolled back. */
  step: string;
  attempt: number;
  nodeId: number;
  verb: string;
  term: number;
  /** `null`: its agent does not go by it. */
  order: number | null;
  issuedAt: string;
  expiresAt: string;
}

/**
 * The SQL that inserts the commands of a JSON array of `NewCommand`. From here on they live by the clock of the database, which all
 * controllers share; of theirs only the difference counts.
 */
export const insertCommandsSql = (parameter: string): string =>
  `INSERT INTO agent_command (id, operation_id, step, attempt, node_id, verb, term, command_order, payload, signature,
     issued_at, expires_at)
   SELECT n.id, n.operation, n.step, n.attempt, n."nodeId", n.verb, n.term, n."order", n.payload, n.signature,
     clock_timestamp(), clock_timestamp() + (n."expiresAt" - n."issuedAt")
   FROM jsonb_to_recordset(${parameter}::jsonb) AS n(id uuid, operation uuid, step text, attempt int, "nodeId" int, verb text, term int,
     "order" int8, payload text, signature text, "issuedAt" timestamptz, "expiresAt" timestamptz)`;

export async function insertCommands(client: Queryable, commands: readonly NewCommand[]): Promise<void> {
  if (commands.length > 0) await client.query(insertCommandsSql('$1'), [JSON.stringify(commands)]);
}

export interface WaitingCommand extends SignedCommand {
  id: string;
  leftMs: number;
}

/** Oldest first: not resolved, not expired, and not among those the agent has. */
export async function waitingCommands(client: Queryable, nodeId: number, have: readonly string[], most: number): Promise<WaitingCommand[]> {
  const { rows } = await client.query<WaitingCommand>({
    name: 'waiting-commands',
    text: `SELECT id, payload, signature, floor(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS "leftMs"
           FROM agent_command
           WHERE node_id = $1 AND resolved_at IS NULL AND expires_at > clock_timestamp() + interval '1 millisecond'
             AND NOT id = ANY ($2::uuid[])
           ORDER BY command_order NULLS FIRST, issued_at, id LIMIT $3`,
    values: [nodeId, have, most],
  });
  return rows;
}

/** Notes that these were handed out. The first time stays. */
export async function noteDelivered(client: Queryable, ids: readonly string[], at: Date): Promise<void> {
  await client.query('UPDATE agent_command SET delivered_at = $2 WHERE id = ANY ($1::uuid[]) AND delivered_at IS NULL', [ids, at]);
}

export interface CommandRow {
  id: string;
  operation: string | null;
  step: string;
  attempt: number;
  nodeId: number;
  verb: string;
  expiresAt: Date;
  deliveredAt: Date | null;
  result: CommandResult | null;
  resolvedAt: Date | null;
}

const COLUMNS = `id, operation_id AS operation, step, attempt, node_id AS "nodeId", verb, expires_at AS "expiresAt",
  delivered_at AS "deliveredAt", result, resolved_at AS "resolvedAt"`;

export async function findCommand(client: Queryable, id: string): Promise<CommandRow | null> {
  const { rows } = await client.query<CommandRow>({
    name: 'find-command',
    text: `SELECT ${COLUMNS} FROM agent_command WHERE id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** All commands of an operation, oldest first. */
export async function commandsOf(client: Queryable, operation: string): Promise<CommandRow[]> {
  const { rows } = await client.query<CommandRow>(`SELECT ${COLUMNS} FROM agent_command WHERE operation_id = $1 ORDER BY issued_at, id`, [
    operation,
  ]);
  return rows;
}

/** Stores a result. `false`: there is one already, and it stands. */
export async function resolveCommand(client: Queryable, id: string, result: CommandResult): Promise<boolean> {
  const { rowCount } = await client.query(
    'UPDATE agent_command SET result = $2::jsonb, resolved_at = clock_timestamp() WHERE id = $1 AND resolved_at IS NULL',
    [id, jsonText(result)],
  );
  return rowCount === 1;
}

/** Resolves what is still open of an operation: from then on it is not handed out any more. */
export async function resolveOpenCommands(client: Queryable, operation: string, result: CommandResult): Promise<void> {
  await client.query(
    'UPDATE agent_command SET result = $2::jsonb, resolved_at = clock_timestamp() WHERE operation_id = $1 AND resolved_at IS NULL',
    [operation, jsonText(result)],
  );
}

const OPEN_FENCES_MAX = 1_000;

/** Fences of the last hour that a controller ordered on its own, and of which the audit log does not say how they ended. */
export async function unrecordedFences(client: Queryable, step: string): Promise<{ id: string; subject: string; leftMs: number }[]> {
  const { rows } = await client.query<{ id: string; subject: string; leftMs: number }>(
    `SELECT a.id, 'node:' || c.slug || '/' || n.name AS subject,
       (extract(epoch FROM a.expires_at - clock_timestamp()) * 1000)::float8 AS "leftMs"
     FROM agent_command a JOIN node n ON n.id = a.node_id JOIN cluster c ON c.id = n.cluster_id
     WHERE a.operation_id IS NULL AND a.step = $1 AND a.issued_at > now() - interval '1 hour' AND NOT EXISTS (
       SELECT FROM audit_event e WHERE e.at >= a.issued_at AND e.action = 'node.fence' AND e.outcome <> 'started' AND position(a.id::text IN e.body) > 0)
     ORDER BY a.issued_at LIMIT ${OPEN_FENCES_MAX}`,
    [step],
  );
  return rows;
}

/** Stores what a long command is doing, and notifies pages that show its operation. */
export async function storeProgress(client: Queryable, id: string, progress: CommandProgress): Promise<void> {
  await client.query(
    `WITH told AS (UPDATE agent_command SET progress = $2::jsonb WHERE id = $1 AND resolved_at IS NULL RETURNING operation_id)
     SELECT pg_notify($3, operation_id::text) FROM told WHERE operation_id IS NOT NULL`,
    [id, jsonText(progress), OPERATION_CHANNEL],
  );
}

/** A controller whose clock is further ahead than this of the next one's would be noticed long before. */
const ISSUES_LOOKED_AT_HOURS = 1;

/** The newest time of issue of each node's commands of late, as their envelopes say it. */
export async function newestIssues(client: Queryable): Promise<{ nodeId: number; issuedAt: Date }[]> {
  const { rows } = await client.query<{ nodeId: number; issuedAt: Date }>(
    `SELECT node_id AS "nodeId", max((payload::jsonb ->> 'issuedAt')::timestamptz) AS "issuedAt" FROM agent_command
     WHERE issued_at > now() - make_interval(hours => ${ISSUES_LOOKED_AT_HOURS}) GROUP BY node_id`,
  );
  return rows;
}
