/**
 * Deletes records of operations that prove nothing any more: plans that nobody requested, and commands of operations that have ended.
 * Operations keep their own copy of the plan, and with their events, approvals and artifacts they stay for ever.
 */
import { ENDED_STATES } from '../../domain/operation/model.ts';
import type { Queryable } from './pool.ts';

const DAY_MS = 24 * 3_600_000;
/** After it was shown last. A plan of yesterday says little about the cluster of today; opening its page makes a new one. */
export const PLANS_KEPT_MS = DAY_MS;
/** An agent that was away hands in its journal later, and is asked whether it was given what it performed. */
export const COMMANDS_KEPT_MS = 90 * DAY_MS;

/** A run deletes this many of each at most, so that no transaction grows long; the next run continues. */
const PRUNED_PER_RUN_MAX = 10_000;

/** The age is asked of the row itself too: one that is shown again meanwhile stays. */
const PLANS = `DELETE FROM plan WHERE shown_at < $1 AND id IN (
  SELECT p.id FROM plan p WHERE p.shown_at < $1
    AND NOT EXISTS (SELECT FROM operation o WHERE o.cluster_id = p.cluster_id AND o.plan_hash = p.hash)
  ORDER BY p.shown_at LIMIT ${PRUNED_PER_RUN_MAX})`;

/** Of the steward, whose commands belong to no operation, what is that old has expired. */
const COMMANDS = `DELETE FROM agent_command WHERE id IN (
  SELECT a.id FROM agent_command a LEFT JOIN operation o ON o.id = a.operation_id
  WHERE a.issued_at < $1 AND (o.id IS NULL OR (o.state = ANY ($2) AND o.ended_at < $1))
  ORDER BY a.issued_at LIMIT ${PRUNED_PER_RUN_MAX})`;

/** Call it every hour or so. @returns how many of each were deleted. */
export async function pruneRecords(client: Queryable, nowMs: number): Promise<{ plans: number; commands: number }> {
  const before = (keptMs: number): string => new Date(nowMs - keptMs).toISOString();
  const plans = await client.query(PLANS, [before(PLANS_KEPT_MS)]);
  const commands = await client.query(COMMANDS, [before(COMMANDS_KEPT_MS), ENDED_STATES]);
  return { plans: plans.rowCount ?? 0, commands: commands.rowCount ?? 0 };
}
