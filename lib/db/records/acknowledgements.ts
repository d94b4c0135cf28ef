/** Stores acknowledgements: of which finding, by whom, why and until when. */
import type { Acknowledgement } from '../../domain/findings/acknowledgement.ts';
import type { Severity } from '../../domain/findings/model.ts';
import type { FindingCode } from '../../domain/findings/registry.ts';
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import type { Queryable } from '../ground/pool.ts';
import type { PrismaTransaction } from '../ground/prisma.ts';

export interface AcknowledgedThing {
  clusterId: number;
  code: FindingCode;
  nodeName: string | null;
  subject: string | null;
}

/** The open finding of an id in a cluster that is not retired; `null` when it was resolved or never was. */
export async function findOpenFinding(
  tx: PrismaTransaction,
  id: string,
): Promise<(AcknowledgedThing & { severity: Severity; clusterSlug: string }) | null> {
  const record = await tx.findingRecord.findFirst({
    where: { id, resolvedAt: null, cluster: { retiredAt: null } },
    select: { clusterId: true, code: true, nodeName: true, subject: true, severity: true, cluster: { select: { slug: true } } },
  });
  if (record === null) return null;
  const { cluster, code, severity, ...thing } = record;
  return { ...thing, code: code as FindingCode, severity: severity as Severity, clusterSlug: cluster.slug };
}

/** Ends what is acknowledged about a thing now, expired or not. @returns how many still counted. */
export async function endAcknowledgements(tx: PrismaTransaction, thing: AcknowledgedThing, by: string, at: Date): Promise<number> {
  const open = { ...thing, endedAt: null };
  const { count } = await tx.findingAcknowledgement.updateMany({
    where: { ...open, expiresAt: { gt: at } },
    data: { endedAt: at, endedBy: by },
  });
  await tx.findingAcknowledgement.updateMany({ where: open, data: { endedAt: at } });
  return count;
}

/** Throws a unique violation (`isUniqueViolation`) when somebody else acknowledged the same thing at this moment. */
export async function insertAcknowledgement(
  tx: PrismaTransaction,
  acknowledgement: AcknowledgedThing & { severity: Severity; reason: string; by: string; at: Date; expiresAt: Date },
): Promise<{ id: number }> {
  return tx.findingAcknowledgement.create({ data: acknowledgement, select: { id: true } });
}

const ACKNOWLEDGEMENTS_MAX = 5_000;

/** Those that have neither ended nor expired, by cluster. */
export async function loadAcknowledgements(
  client: Queryable,
  at: Date,
  clusters: ClusterSet,
): Promise<(Acknowledgement & { cluster: string })[]> {
  const { rows } = await client.query<Omit<Acknowledgement, 'at' | 'expiresAt'> & { cluster: string; at: Date; expiresAt: Date }>(
    `SELECT a.id, c.slug AS cluster, a.code, a.node_name AS "nodeName", a.subject, a.severity, a.reason, a.by, a.at, a.expires_at AS "expiresAt"
     FROM finding_acknowledgement a JOIN cluster c ON c.id = a.cluster_id
     WHERE a.ended_at IS NULL AND a.expires_at > $1 AND c.retired_at IS NULL AND ($2::text[] IS NULL OR c.slug = ANY ($2)) ORDER BY a.id LIMIT ${ACKNOWLEDGEMENTS_MAX}`,
    [at, slugsOf(clusters)],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), expiresAt: row.expiresAt.toISOString() }));
}
