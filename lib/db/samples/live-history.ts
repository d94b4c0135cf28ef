/** Reads the recent past of every node for a controller that begins to lead. */
import type { HistoryPoint } from '../../domain/topology/inputs.ts';
import type { Queryable } from '../ground/pool.ts';

/** A controller that leads a huge fleet must start all the same: this many rows at most, newest first. */
const HISTORY_ROWS_MAX = 600_000;

export interface StoredHistoryPoint extends HistoryPoint {
  nodeId: number;
}

interface HistoryRow {
  node_id: number;
  at_ms: number;
  flush_lsn: bigint | string | null;
  receive_lsn: bigint | string | null;
  replay_lsn: bigint | string | null;
  wal_bytes_per_second: number | null;
  wal_free_bytes: number | null;
  data_free_bytes: number | null;
  archive_failed_count: number | null;
}

const lsnOf = (value: bigint | string | null): bigint | null => (value === null ? null : BigInt(value));

/**
 * The samples of all nodes observed at or after `fromMs`, oldest first. The count of archived segments is not stored
 * with samples: `null`.
 */
export async function loadHistory(client: Queryable, fromMs: number): Promise<StoredHistoryPoint[]> {
  const { rows } = await client.query<HistoryRow>(
    `SELECT node_id, (extract(epoch FROM observed_at) * 1000)::float8 AS at_ms, flush_lsn, receive_lsn, replay_lsn,
            wal_bytes_per_second::float8, wal_free_bytes::float8, data_free_bytes::float8, archive_failed_count::float8
     FROM sample WHERE observed_at >= to_timestamp($1 / 1000.0)
     ORDER BY observed_at DESC LIMIT ${HISTORY_ROWS_MAX}`,
    [fromMs],
  );
  return rows.reverse().map((row) => ({
    nodeId: row.node_id,
    atMs: Math.round(row.at_ms),
    flushLsn: lsnOf(row.flush_lsn),
    receiveLsn: lsnOf(row.receive_lsn),
    replayLsn: lsnOf(row.replay_lsn),
    walBytesPerSecond: row.wal_bytes_per_second,
    walFreeBytes: row.wal_free_bytes,
    dataFreeBytes: row.data_free_bytes,
    archivedCount: null,
    archiveFailedCount: row.archive_failed_count,
  }));
}

export interface StoredWalRate {
  nodeId: number;
  atMs: number;
  samples: number;
  bytesPerSecond: number;
}

/** Mean WAL rates of all nodes in the 10 s tier between two moments, oldest first. */
export async function loadWalRates(client: Queryable, fromMs: number, beforeMs: number): Promise<StoredWalRate[]> {
  const { rows } = await client.query<{ node_id: number; at_ms: number; samples: number; rate: number }>(
    `SELECT node_id, (extract(epoch FROM bucket_at) * 1000)::float8 AS at_ms, samples, wal_bytes_per_second_avg::float8 AS rate
     FROM sample_tier
     WHERE tier = 10 AND bucket_at >= to_timestamp($1 / 1000.0) AND bucket_at < to_timestamp($2 / 1000.0) AND wal_bytes_per_second_avg IS NOT NULL
     ORDER BY bucket_at DESC LIMIT ${HISTORY_ROWS_MAX}`,
    [fromMs, beforeMs],
  );
  return rows
    .reverse()
    .map((row) => ({ nodeId: row.node_id, atMs: Math.round(row.at_ms), samples: row.samples, bytesPerSecond: row.rate }));
}
