/** The audit log as people read it, newest first. */
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import type { Queryable } from '../ground/pool.ts';

export interface AuditSelection {
  /** Events about these clusters, their nodes, findings and operations; `every`: also those that are about no cluster. */
  clusters: ClusterSet;
  /** Parts of the text, in any case; `null` = all. */
  actor: string | null;
  action: string | null;
  subject: string | null;
  outcome: string | null;
  from: string | null;
  to: string | null;
  /** Only events before this one, as decimal text. */
  beforeSequence: string | null;
  limit: number;
}

export interface AuditRow {
  sequence: bigint;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  outcome: string;
  body: string;
  hash: string;
}

/** The cluster that an event is about, by its subject. Until December 2026 the controller named nodes and leaderships without the word. */
const CLUSTER_OF_SUBJECT = `CASE WHEN subject ~ '^(cluster|node|finding):' THEN split_part(split_part(subject, ':', 2), '/', 1)
  WHEN action = 'leadership.adopt' OR (action LIKE 'node.%' AND subject ~ '^[a-z0-9-]+/') THEN split_part(subject, '/', 1) END`;

/** A long log is searched from its end; the statement's deadline bounds a search for what is not there. */
export async function listAuditEvents(client: Queryable, selection: AuditSelection): Promise<AuditRow[]> {
  const { clusters, actor, action, subject, outcome, from, to, beforeSequence, limit } = selection;
  const { rows } = await client.query<AuditRow>(
    `SELECT sequence, at, actor, action, subject, outcome, body, hash FROM audit_event
     WHERE ($1::text IS NULL OR position(lower($1) IN lower(actor)) > 0) AND ($2::text IS NULL OR position(lower($2) IN lower(action)) > 0)
       AND ($3::text IS NULL OR position(lower($3) IN lower(subject)) > 0) AND ($4::text IS NULL OR outcome = $4)
       AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6) AND ($7::bigint IS NULL OR sequence < $7)
       AND ($9::text[] IS NULL OR ${CLUSTER_OF_SUBJECT} = ANY ($9))
     ORDER BY sequence DESC LIMIT $8`,
    [actor, action, subject, outcome, from, to, beforeSequence, limit, slugsOf(clusters)],
  );
  return rows;
}

/** Number of the newest event; 0 = there is none. */
export async function newestAuditSequence(client: Queryable): Promise<bigint> {
  const { rows } = await client.query<{ sequence: bigint }>('SELECT coalesce(max(sequence), 0)::bigint AS sequence FROM audit_event');
  return rows[0]?.sequence ?? 0n;
}

/** The hash of one event; `null` = there is none of this number. */
export async function auditHashAt(client: Queryable, sequence: bigint): Promise<string | null> {
  const { rows } = await client.query<{ hash: string }>('SELECT hash FROM audit_event WHERE sequence = $1', [sequence.toString()]);
  return rows[0]?.hash ?? null;
}

export interface NewAuditEvent extends Omit<AuditRow, 'sequence' | 'hash'> {
  /** Canonical JSON (RFC 8785). */
  body: string;
}

/** Appends to the chain, whose lock the transaction then holds. */
export async function appendAuditEvent(client: Queryable, event: NewAuditEvent): Promise<bigint> {
  const { rows } = await client.query<{ sequence: string | bigint }>(
    'SELECT audit_append($1::timestamptz, $2, $3, $4, $5, $6) AS sequence',
    [event.at.toISOString(), event.actor, event.action, event.subject, event.outcome, event.body],
  );
  const sequence = rows[0]?.sequence;
  if (sequence === undefined) throw new Error('audit_append gave no sequence number.');
  return BigInt(sequence);
}

export interface ChainedAuditRow extends AuditRow {
  prevHash: string;
}

/** The events after one, oldest first. */
export async function readAuditChain(client: Queryable, afterSequence: bigint, limit: number): Promise<ChainedAuditRow[]> {
  const { rows } = await client.query<Omit<ChainedAuditRow, 'sequence'> & { sequence: string | bigint }>(
    `SELECT sequence, at, actor, action, subject, outcome, body, prev_hash AS "prevHash", hash FROM audit_event
      WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
    [afterSequence.toString(), limit],
  );
  // Only pools of the product parse bigint; a verifier may come with any connection.
  return rows.map((row) => ({ ...row, sequence: BigInt(row.sequence) }));
}
