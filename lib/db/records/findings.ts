/** The record of findings: opened, kept up to date while they last, resolved. An occurrence is open at most once. */
import type { Evidence, Severity } from '../../domain/findings/model.ts';
import type { PastFinding } from '../../domain/findings/listing.ts';
import type { FindingCode } from '../../domain/findings/registry.ts';
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import { jsonText, storableText } from '../ground/json-batch.ts';
import type { Queryable } from '../ground/pool.ts';

/** Impact, causes and next action come from the catalogue. */
export interface StoredFinding {
  id: string;
  clusterId: number;
  code: FindingCode;
  severity: Severity;
  nodeName: string | null;
  subject: string | null;
  summary: string;
  evidence: Record<string, Evidence>;
  since: string;
  lastSeenAt: string;
}

/** Opens findings of any clusters. One that is open already (same cluster, code, node and subject) stays as it is. */
export async function openFindings(client: Queryable, findings: readonly StoredFinding[]): Promise<void> {
  if (findings.length === 0) return;
  await client.query(
    `INSERT INTO finding (id, cluster_id, code, node_name, subject, severity, summary, evidence, since, last_seen_at)
     SELECT r.id, r.cluster_id, r.code, r.node_name, r.subject, r.severity, r.summary, r.evidence::jsonb, r.since, r.last_seen_at
     FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[],
                 $10::timestamptz[])
       AS r(id, cluster_id, code, node_name, subject, severity, summary, evidence, since, last_seen_at)
     ON CONFLICT DO NOTHING`,
    [
      findings.map((finding) => finding.id),
      findings.map((finding) => finding.clusterId),
      findings.map((finding) => finding.code),
      findings.map((finding) => finding.nodeName),
      findings.map((finding) => (finding.subject === null ? null : storableText(finding.subject))),
      findings.map((finding) => finding.severity),
      findings.map((finding) => storableText(finding.summary)),
      findings.map((finding) => jsonText(finding.evidence)),
      findings.map((finding) => finding.since),
      findings.map((finding) => finding.lastSeenAt),
    ],
  );
}

/** Brings severity, summary, evidence and the last sighting of open findings up to date. Unknown or resolved ids are passed over. */
export async function updateFindings(client: Queryable, findings: readonly StoredFinding[]): Promise<void> {
  if (findings.length === 0) return;
  await client.query(
    `UPDATE finding f SET severity = r.severity, summary = r.summary, evidence = r.evidence::jsonb, last_seen_at = r.last_seen_at
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS r(id, severity, summary, evidence, last_seen_at)
     WHERE f.id = r.id AND f.resolved_at IS NULL`,
    [
      findings.map((finding) => finding.id),
      findings.map((finding) => finding.severity),
      findings.map((finding) => storableText(finding.summary)),
      findings.map((finding) => jsonText(finding.evidence)),
      findings.map((finding) => finding.lastSeenAt),
    ],
  );
}

/** Marks findings as gone. Those resolved before keep their time. */
export async function resolveFindings(client: Queryable, ids: readonly string[], at: Date): Promise<void> {
  if (ids.length === 0) return;
  await client.query('UPDATE finding SET resolved_at = $2 WHERE id = ANY ($1::uuid[]) AND resolved_at IS NULL', [ids, at]);
}

/** All open findings of clusters that are not retired, oldest first: what a new leader continues from. */
export async function loadOpenFindings(client: Queryable): Promise<StoredFinding[]> {
  const { rows } = await client.query<{
    id: string;
    cluster_id: number;
    code: FindingCode;
    severity: Severity;
    node_name: string | null;
    subject: string | null;
    summary: string;
    evidence: Record<string, Evidence>;
    since: Date;
    last_seen_at: Date;
  }>(
    `SELECT f.id, f.cluster_id, f.code, f.severity, f.node_name, f.subject, f.summary, f.evidence, f.since, f.last_seen_at
     FROM finding f JOIN cluster c ON c.id = f.cluster_id WHERE f.resolved_at IS NULL AND c.retired_at IS NULL ORDER BY f.since`,
  );
  return rows.map((row) => ({
    id: row.id,
    clusterId: row.cluster_id,
    code: row.code,
    severity: row.severity,
    nodeName: row.node_name,
    subject: row.subject,
    summary: row.summary,
    evidence: row.evidence,
    since: row.since.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
  }));
}

/** Open findings of clusters that are not retired. A severity without one is left out. */
export async function countOpenBySeverity(client: Queryable, clusters: ClusterSet): Promise<{ severity: Severity; count: number }[]> {
  const { rows } = await client.query<{ severity: Severity; count: number }>(
    `SELECT f.severity, count(*)::int AS count FROM finding f JOIN cluster c ON c.id = f.cluster_id
      WHERE f.resolved_at IS NULL AND c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) GROUP BY f.severity`,
    [slugsOf(clusters)],
  );
  return rows;
}

/** More kinds of trouble than this are not listed. */
export const PAST_FINDINGS_MAX = 500;

/** Findings of these clusters that were resolved after `after`, last resolved first. */
export async function loadPastFindings(client: Queryable, after: Date, clusters: ClusterSet): Promise<PastFinding[]> {
  const { rows } = await client.query<Omit<PastFinding, 'firstSince' | 'lastResolvedAt'> & { firstSince: Date; lastResolvedAt: Date }>(
    `SELECT c.slug AS cluster, c.name AS "clusterName", f.code, f.node_name AS "nodeName", f.subject,
            (array_agg(f.severity ORDER BY array_position(ARRAY['critical', 'warning', 'info'], f.severity)))[1] AS severity,
            (array_agg(f.summary ORDER BY f.resolved_at DESC))[1] AS summary,
            count(*)::int AS times, min(f.since) AS "firstSince", max(f.resolved_at) AS "lastResolvedAt",
            (array_agg(extract(epoch FROM f.resolved_at - f.since)::float8 * 1000 ORDER BY f.resolved_at DESC))[1] AS "lastDurationMs",
            max(extract(epoch FROM f.resolved_at - f.since)::float8 * 1000) AS "longestMs",
            sum(extract(epoch FROM f.resolved_at - f.since)::float8 * 1000) AS "totalMs"
     FROM finding f JOIN cluster c ON c.id = f.cluster_id
     WHERE f.resolved_at > $1 AND c.retired_at IS NULL AND ($2::text[] IS NULL OR c.slug = ANY ($2))
     GROUP BY c.slug, c.name, f.code, f.node_name, f.subject ORDER BY max(f.resolved_at) DESC LIMIT ${PAST_FINDINGS_MAX}`,
    [after, slugsOf(clusters)],
  );
  return rows.map((row) => ({ ...row, firstSince: row.firstSince.toISOString(), lastResolvedAt: row.lastResolvedAt.toISOString() }));
}
