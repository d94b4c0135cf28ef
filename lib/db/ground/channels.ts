/** Names and payloads of the NOTIFY channels on the control database, and the two notices that the controller sends. */
import type { Queryable } from './pool.ts';

/** Samples were committed. Payload: ids of the clusters they belong to, comma-separated; `*` when they don't fit. */
export const INGEST_CHANNEL = 'farshore_ingest';
/** Cluster views were renewed. Payload: JSON `LiveNotice`. */
export const LIVE_CHANNEL = 'farshore_live';
/** Clusters, nodes or identities changed, by any writer (triggers of the first migration). Payload: the table's name. */
export const FLEET_CHANNEL = 'farshore_fleet';

/** An operation was requested, moved on, approved, or has a new event. Payload: its id. */
export const OPERATION_CHANNEL = 'farshore_operation';
/** Payload: `node:ID`, a command waits for this node; `done:ID`, this command was resolved. */
export const COMMAND_CHANNEL = 'farshore_command';

/** A migration was applied. Payload: its name. */
export const SCHEMA_CHANNEL = 'farshore_schema';

/** PostgreSQL refuses a payload of 8000 bytes or more. */
export const NOTIFY_PAYLOAD_BYTES_MAX = 7900;

/** `*`: too many to name; read them all. */
export interface LiveNotice {
  clusters: readonly string[] | '*';
}

export function ingestPayload(clusterIds: Iterable<number>): string {
  const text = [...new Set(clusterIds)].join(',');
  return text.length <= NOTIFY_PAYLOAD_BYTES_MAX ? text : '*';
}

/** The cluster ids of an ingest notice; `*` = any of them, also for a payload that can't be read. */
export function parseIngestPayload(payload: string): number[] | '*' {
  if (payload === '') return [];
  const ids = payload.split(',').map(Number);
  return ids.every((id) => Number.isSafeInteger(id) && id > 0) ? ids : '*';
}

export function livePayload(slugs: Iterable<string>): string {
  const text = JSON.stringify({ clusters: [...new Set(slugs)] } satisfies LiveNotice);
  return Buffer.byteLength(text) <= NOTIFY_PAYLOAD_BYTES_MAX ? text : JSON.stringify({ clusters: '*' } satisfies LiveNotice);
}

/** Doubt means all: a payload that can't be read asks for a full re-read. */
export function parseLivePayload(payload: string): LiveNotice {
  try {
    const value: unknown = JSON.parse(payload);
    if (typeof value === 'object' && value !== null && 'clusters' in value) {
      const { clusters } = value;
      if (Array.isArray(clusters) && clusters.every((slug) => typeof slug === 'string')) return { clusters };
    }
  } catch {
    // Not JSON: falls through to everything.
  }
  return { clusters: '*' };
}

/** Tells other controllers that samples of these clusters were committed; sent when the transaction commits. */
export async function notifyIngest(client: Queryable, clusterIds: Iterable<number>): Promise<void> {
  await client.query('SELECT pg_notify($1, $2)', [INGEST_CHANNEL, ingestPayload(clusterIds)]);
}

/** Tells the web processes that the views of these clusters were renewed. */
export async function notifyLive(client: Queryable, slugs: Iterable<string>): Promise<void> {
  await client.query('SELECT pg_notify($1, $2)', [LIVE_CHANNEL, livePayload(slugs)]);
}
