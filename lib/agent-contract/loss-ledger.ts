/** Lists what only an old primary has: the WAL after the fork, its transactions and rows. */
import { z } from 'zod';
import { Count, Instant, LsnText, Name, Timeline, boundedText } from './primitives.ts';

export const LossRelation = z.object({
  database: boundedText(128),
  relation: boundedText(300),
  inserts: Count,
  updates: Count,
  deletes: Count,
});
/** One row that only the old primary has, as it can still be read there. */
export const LostRow = z.object({
  database: boundedText(128),
  relation: boundedText(300),
  change: z.enum(['inserted', 'updated', 'deleted']),
  transaction: boundedText(20),
  /** The row as JSON text; `null` when it can't be read any more (a deleted row). */
  row: boundedText(20_000).nullable(),
});
export const LossLedger = z.object({
  node: Name,
  timeline: Timeline,
  fromLsn: LsnText,
  toLsn: LsnText,
  bytes: Count,
  /** Committed on this node after the fork; aborted ones are not counted. */
  transactions: Count,
  firstCommitAt: Instant.nullable(),
  lastCommitAt: Instant.nullable(),
  relations: z.array(LossRelation).max(500),
  /** `null` = the rows could not be read; `rowsMessage` says why. */
  rows: z.array(LostRow).max(5000).nullable(),
  /** Rows that exist beyond those listed. `null` = unknown. */
  rowsLeftOut: Count.nullable(),
  rowsMessage: boundedText(500).nullable(),
  /** Where the copied WAL and the whole list lie on the node. */
  keptIn: boundedText(1024),
});
export type LossLedger = z.infer<typeof LossLedger>;
