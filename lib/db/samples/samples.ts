/**
 * Writing samples: one statement a batch, whatever the number of nodes. The caller brings the transaction.
 */
import type { NodeFacts } from '../../agent-contract/facts.ts';
import type { Observation, ServerState } from '../../agent-contract/observation.ts';
import { JSON_TEXTS, joinJson, storableText } from '../ground/json-batch.ts';
import { ensurePartitions } from '../ground/partitions.ts';
import type { Queryable } from '../ground/pool.ts';

/** One node and tick. Times in milliseconds since the epoch on the controller's clock, LSNs as bytes from 0/0; `null` = unknown. */
export interface SampleRow {
  nodeId: number;
  observedAtMs: number;
  sequence: number;
  receivedAtMs: number;
  serverState: ServerState;
  inRecovery: boolean | null;
  timeline: number | null;
  flushLsn: bigint | null;
  receiveLsn: bigint | null;
  replayLsn: bigint | null;
  transportLagBytes: bigint | null;
  applyLagBytes: bigint | null;
  lagMs: number | null;
  commitMs: number | null;
  walBytesPerSecond: bigint | null;
  slotRetainedBytes: bigint | null;
  dataFreeBytes: bigint | null;
  walFreeBytes: bigint | null;
  walDirectoryBytes: bigint | null;
  archiveReadyCount: number | null;
  archiveFailedCount: bigint | null;
  connectionsUsed: number | null;
  clockOffsetMs: number | null;
}

type Column = readonly [column: string, type: string, field: keyof SampleRow, expression?: string];

const timeOf = (column: string): string => `to_timestamp(r.${column} / 1000.0)`;
const COLUMNS: readonly Column[] = [
  ['node_id', 'int4', 'nodeId'],
  ['observed_at', 'float8', 'observedAtMs', timeOf('observed_at')],
  ['sequence', 'int8', 'sequence'],
  ['received_at', 'float8', 'receivedAtMs', timeOf('received_at')],
  ['server_state', 'text', 'serverState'],
  ['in_recovery', 'bool', 'inRecovery'],
  ['timeline', 'int4', 'timeline'],
  ['flush_lsn', 'int8', 'flushLsn'],
  ['receive_lsn', 'int8', 'receiveLsn'],
  ['replay_lsn', 'int8', 'replayLsn'],
  ['transport_lag_bytes', 'int8', 'transportLagBytes'],
  ['apply_lag_bytes', 'int8', 'applyLagBytes'],
  ['lag_ms', 'int4', 'lagMs'],
  ['commit_ms', 'float4', 'commitMs'],
  ['wal_bytes_per_second', 'int8', 'walBytesPerSecond'],
  ['slot_retained_bytes', 'int8', 'slotRetainedBytes'],
  ['data_free_bytes', 'int8', 'dataFreeBytes'],
  ['wal_free_bytes', 'int8', 'walFreeBytes'],
  ['wal_directory_bytes', 'int8', 'walDirectoryBytes'],
  ['archive_ready_count', 'int4', 'archiveReadyCount'],
  ['archive_failed_count', 'int8', 'archiveFailedCount'],
  ['connections_used', 'int4', 'connectionsUsed'],
  ['clock_offset_ms', 'int4', 'clockOffsetMs'],
];

const INT4_MAX = 2_147_483_647;
const INT8_MAX = 2n ** 63n - 1n;

/** A value as PostgreSQL writes it. One that the column can't hold is unknown, rather than a failed batch of many nodes. */
function cell(type: string, value: SampleRow[keyof SampleRow]): string {
  if (typeof value === 'bigint') return value <= INT8_MAX && value >= -INT8_MAX ? String(value) : 'NULL';
  if (typeof value !== 'number') return value === null ? 'NULL' : String(value);
  if (type === 'float8') return String(value);
  const fitting = type === 'float4' ? Math.fround(value) : Math.round(value);
  const max = type === 'float4' ? Number.MAX_VALUE : type === 'int4' ? INT4_MAX : Number.MAX_SAFE_INTEGER;
  return Math.abs(fitting) <= max ? String(fitting) : 'NULL';
}

/** One column of a batch as PostgreSQL's array text. Made here, because `pg` quotes and escapes each number of it. */
function columnArray(rows: readonly SampleRow[], [, type, field]: Column): unknown {
  if (type === 'text') return rows.map((row) => row[field]);
  return `{${rows.map((row) => cell(type, row[field])).join(',')}}`;
}

const INSERT_SAMPLES = {
  name: 'store-samples',
  text: `INSERT INTO sample (${COLUMNS.map(([column]) => column).join(', ')}, stored_xact)
    SELECT ${COLUMNS.map(([column, , , expression]) => expression ?? `r.${column}`).join(', ')}, pg_current_xact_id()::text::int8
    FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')}) AS r(${COLUMNS.map(([column]) => column).join(', ')})
    ON CONFLICT (node_id, observed_at) DO NOTHING`,
};

/**
 * Exactly once: an existing sample (same node, same instant) stays as it is, so a batch may be sent again. Missing partitions are made.
 * @returns how many were new.
 */
export async function storeSamples(client: Queryable, rows: readonly SampleRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  await ensurePartitions(
    client,
    'sample',
    rows.map(({ observedAtMs }) => observedAtMs),
  );
  const values = COLUMNS.map((column) => columnArray(rows, column));
  const result = await client.query({ ...INSERT_SAMPLES, values });
  return result.rowCount ?? 0;
}

/** The newest report of a node, whole. */
export interface NodeLatestRow {
  nodeId: number;
  observedAtMs: number;
  receivedAtMs: number;
  sequence: number;
  agentVersion: string;
  observation: Observation;
}

const UPSERT_LATEST = {
  name: 'store-node-latest',
  // In the order of the key, so that two gateways never wait for each other in a circle.
  text: `INSERT INTO node_latest AS l (node_id, observed_at, received_at, sequence, agent_version, observation)
    SELECT r.node_id, ${timeOf('observed_at')}, ${timeOf('received_at')}, r.sequence, r.agent_version, r.observation::jsonb
    FROM ROWS FROM (unnest($1::int4[], $2::float8[], $3::float8[], $4::int8[], $5::text[]), ${JSON_TEXTS('$6')})
      AS r(node_id, observed_at, received_at, sequence, agent_version, observation)
    ORDER BY r.node_id
    ON CONFLICT (node_id) DO UPDATE SET observed_at = excluded.observed_at, received_at = excluded.received_at,
      sequence = excluded.sequence, agent_version = excluded.agent_version, observation = excluded.observation
    WHERE l.sequence < excluded.sequence`,
};

function newestPerNode(rows: readonly NodeLatestRow[]): NodeLatestRow[] {
  const newest = new Map<number, NodeLatestRow>();
  for (const row of rows) {
    const known = newest.get(row.nodeId);
    if (known === undefined || known.sequence < row.sequence) newest.set(row.nodeId, row);
  }
  return [...newest.values()];
}

/** Renews the latest report of each node, unless a newer one (by sequence) is there. Several rows of one node are allowed. */
export async function storeNodeLatest(client: Queryable, rows: readonly NodeLatestRow[]): Promise<void> {
  if (rows.length === 0) return;
  const newest = newestPerNode(rows);
  await client.query({
    ...UPSERT_LATEST,
    values: [
      newest.map((row) => row.nodeId),
      newest.map((row) => row.observedAtMs),
      newest.map((row) => row.receivedAtMs),
      newest.map((row) => row.sequence),
      newest.map((row) => storableText(row.agentVersion)),
      joinJson(newest.map((row) => row.observation)),
    ],
  });
}

export interface NodeFactsRow {
  nodeId: number;
  factsAtMs: number;
  facts: NodeFacts;
}

/**
 * Renews the slow facts of nodes: those that come last are the newest, whatever a clock says. They are apart from the observation so that the update of each second
 * leaves them alone. A node that never sent a sample has no row yet: its facts come again within a minute.
 */
export async function storeNodeFacts(client: Queryable, rows: readonly NodeFactsRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `UPDATE node_latest l SET facts = r.facts::jsonb, facts_at = ${timeOf('facts_at')}
     FROM (SELECT DISTINCT ON (node_id) * FROM ROWS FROM (unnest($1::int4[], $2::float8[]), ${JSON_TEXTS('$3')}) AS u(node_id, facts_at, facts)
           ORDER BY node_id, facts_at DESC) AS r
     WHERE l.node_id = r.node_id`,
    [rows.map((row) => row.nodeId), rows.map((row) => row.factsAtMs), joinJson(rows.map((row) => row.facts))],
  );
}

export interface StoredNodeLatest {
  nodeId: number;
  observedAtMs: number;
  receivedAtMs: number;
  sequence: number;
  agentVersion: string;
  observation: Observation;
  facts: NodeFacts | null;
  factsAtMs: number | null;
}

/** The latest reports of these nodes, or of all when `nodeIds` is `null`. */
export async function loadNodeLatest(client: Queryable, nodeIds: readonly number[] | null): Promise<StoredNodeLatest[]> {
  const { rows } = await client.query<{
    node_id: number;
    observed_at: Date;
    received_at: Date;
    sequence: bigint | string;
    agent_version: string;
    observation: Observation;
    facts: NodeFacts | null;
    facts_at: Date | null;
  }>(
    `SELECT node_id, observed_at, received_at, sequence, agent_version, observation, facts, facts_at
     FROM node_latest WHERE $1::int4[] IS NULL OR node_id = ANY ($1)`,
    [nodeIds],
  );
  return rows.map((row) => ({
    nodeId: row.node_id,
    observedAtMs: row.observed_at.getTime(),
    receivedAtMs: row.received_at.getTime(),
    sequence: Number(row.sequence),
    agentVersion: row.agent_version,
    observation: row.observation,
    facts: row.facts,
    factsAtMs: row.facts_at?.getTime() ?? null,
  }));
}
