/** The agents' own journals, as they sent them. Append-only, pruned by months (`retention.ts`); where a chain begins again (a node was installed again) it continues in a new epoch. */
import type { JournalEntry } from '../../agent-contract/commands.ts';
import type { BrokeGlass, JournalBreak } from '../../domain/topology/inputs.ts';
import { joinJson, JSON_TEXTS } from '../ground/json-batch.ts';
import type { Queryable } from '../ground/pool.ts';

/** A journal that begins again is stored from the next multiple of this on, so that nothing of the earlier one is overwritten. */
const EPOCH_SEQUENCES = 1_000_000_000_000n;

export interface JournalHead {
  /** First stored sequence of the present epoch. */
  epoch: bigint;
  /** As the agent counts. */
  sequence: number;
  hash: string;
  /** Through which entry of this epoch it was pruned, as the agent counts; 0 = nothing was. */
  prunedThrough: number;
}

/** The last entry of a node that was stored, locked until the transaction ends (by the node); `null` = there is none. */
export async function journalHead(client: Queryable, nodeId: number): Promise<JournalHead | null> {
  await client.query('SELECT pg_advisory_xact_lock(hashtext($1), $2)', ['agent_journal', nodeId]);
  const { rows } = await client.query<{ sequence: bigint; hash: string; pruned: bigint }>(
    `WITH pruned AS (SELECT sequence, hash FROM agent_journal_pruned WHERE node_id = $1)
     SELECT sequence, hash, coalesce((SELECT sequence FROM pruned), 0) AS pruned FROM (
       (SELECT sequence, hash FROM agent_journal WHERE node_id = $1 ORDER BY sequence DESC LIMIT 1)
       UNION ALL SELECT sequence, hash FROM pruned) AS known
     ORDER BY sequence DESC LIMIT 1`,
    [nodeId],
  );
  const last = rows[0];
  if (last === undefined) return null;
  const sequence = last.sequence % EPOCH_SEQUENCES;
  const epoch = last.sequence - sequence;
  const prunedThrough = last.pruned > epoch ? Number(last.pruned - epoch) : 0;
  return { epoch, sequence: Number(sequence), hash: last.hash, prunedThrough };
}

/** Where the next epoch begins. */
export const nextEpoch = (head: JournalHead | null): bigint => (head === null ? 0n : head.epoch + EPOCH_SEQUENCES);

/** The stored hashes of these sequences of an epoch, for entries that were sent before. */
export async function journalHashes(
  client: Queryable,
  nodeId: number,
  epoch: bigint,
  from: number,
  to: number,
): Promise<Map<number, string>> {
  const { rows } = await client.query<{ sequence: bigint; hash: string }>(
    'SELECT sequence, hash FROM agent_journal WHERE node_id = $1 AND sequence BETWEEN $2 AND $3',
    [nodeId, epoch + BigInt(from), epoch + BigInt(to)],
  );
  return new Map(rows.map(({ sequence, hash }) => [Number(sequence - epoch), hash]));
}

export async function storeJournal(client: Queryable, nodeId: number, epoch: bigint, entries: readonly JournalEntry[]): Promise<void> {
  if (entries.length === 0) return;
  // The texts are escaped inside of JSON once more, so that they come back byte for byte.
  await client.query(
    `INSERT INTO agent_journal (node_id, sequence, text, prev_hash, hash)
     SELECT $1, $2::bigint + (e ->> 'sequence')::bigint, e ->> 'text', e ->> 'prevHash', e ->> 'hash'
     FROM (SELECT t::jsonb AS e FROM ${JSON_TEXTS('$3')} AS t) AS sent`,
    [nodeId, epoch, joinJson(entries)],
  );
}

/** Which of these commands were given to this node. */
export async function commandsGiven(client: Queryable, nodeId: number, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>('SELECT id FROM agent_command WHERE node_id = $1 AND id = ANY ($2::uuid[])', [
    nodeId,
    ids,
  ]);
  return new Set(rows.map(({ id }) => id));
}

/** Keeps the last break of a node's journal where the fleet is read from. */
export async function noteJournalBreak(client: Queryable, nodeId: number, { kind, reason, atMs }: JournalBreak): Promise<void> {
  await client.query(
    'UPDATE node SET journal_break_kind = $2, journal_break_reason = $3, journal_broken_at = $4::timestamptz WHERE id = $1',
    [nodeId, kind, reason, new Date(atMs).toISOString()],
  );
}

/** Keeps the last promotion by the agent's own command line where the fleet is read from. */
export async function noteBreakGlass(client: Queryable, nodeId: number, { term, atMs }: BrokeGlass): Promise<void> {
  await client.query('UPDATE node SET break_glass_term = $2, break_glass_at = $3::timestamptz WHERE id = $1', [
    nodeId,
    term,
    new Date(atMs).toISOString(),
  ]);
}
