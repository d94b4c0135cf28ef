/** Reads open findings of the reader's clusters, grouped by cause, and resolved ones: the findings page and `GET /api/v1/findings`. */
import { loadAcknowledgements } from '../db/records/acknowledgements.ts';
import { loadPastFindings } from '../db/records/findings.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { acknowledgementOf } from '../domain/findings/acknowledgement.ts';
import type { Acknowledgement } from '../domain/findings/acknowledgement.ts';
import { groupByCause } from '../domain/findings/cause.ts';
import type { FindingHistoryAnswer, FindingsAnswer, HistoryDays, ListedFinding } from '../domain/findings/listing.ts';
import type { Finding } from '../domain/findings/model.ts';
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { byUrgency } from '../domain/topology/summary.ts';
import { readClusters } from './clusters.ts';
import type { ClusterEntry } from '../db/samples/cluster-latest.ts';

/** More findings than this are not sent at once: the worst are. */
const FINDINGS_MAX = 2_000;

export async function readFindings(actor: Actor, at: Date, db: Queryable = webDatabase()): Promise<FindingsAnswer> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const [clusters, acknowledgements] = [await readClusters(actor, db), await loadAcknowledgements(db, at, readable)];
  const ofCluster = Map.groupBy(acknowledgements, ({ cluster }) => cluster);
  return findingsAnswer(clusters, (slug) => ofCluster.get(slug) ?? [], at.getTime());
}

/** Pure: what is listed of these clusters. */
export function findingsAnswer(
  clusters: readonly ClusterEntry[],
  acknowledgementsOf: (slug: string) => readonly Acknowledgement[],
  nowMs: number,
): FindingsAnswer {
  const all = clusters.flatMap(({ view }) => view?.findings ?? []).sort(byUrgency);
  const listed = new Set(all.slice(0, FINDINGS_MAX).map(({ id }) => id));
  return {
    serverTime: new Date(nowMs).toISOString(),
    omitted: all.length - listed.size,
    clusters: clusters.map(({ slug, name, view }) => {
      const acknowledgements = acknowledgementsOf(slug);
      const findings = (view?.findings ?? [])
        .filter(({ id }) => listed.has(id))
        .map((finding) => listedFinding(finding, acknowledgementOf(finding, acknowledgements, nowMs)));
      const groups = groupByCause(findings, { nodes: view?.nodes ?? [], links: view?.links ?? [] });
      return {
        ...{ slug, name, computedAt: view?.computedAt ?? null },
        groups: groups.map(({ key, title, root, findings: members }) => ({ key, title, rootId: root?.id ?? null, findings: members })),
      };
    }),
  };
}

function listedFinding(finding: Finding, acknowledgement: Acknowledgement | null): ListedFinding {
  const { id, code, severity, nodeName, subject, summary, evidence, since, lastSeenAt } = finding;
  return { id, code, severity, nodeName, subject, summary, evidence, since, lastSeenAt, acknowledgement };
}

const DAY_MS = 24 * 3_600_000;

/** Resolved in the last days, grouped by their subject. */
export async function readFindingHistory(
  actor: Actor,
  days: HistoryDays,
  at: Date,
  db: Queryable = webDatabase(),
): Promise<FindingHistoryAnswer> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const past = await loadPastFindings(db, new Date(at.getTime() - days * DAY_MS), readable);
  return { serverTime: at.toISOString(), days, past };
}
