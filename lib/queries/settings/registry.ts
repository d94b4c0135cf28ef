/** Clusters, nodes and enrolment as the settings show them. */
import { readInstallation as loadInstallation } from '../../db/ground/installation.ts';
import { listClusterSettings, listNodeSettings } from '../../db/fleet/settings-lists.ts';
import type { NodeSetting } from '../../db/fleet/settings-lists.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import { enrolmentProgress } from '../../domain/enrolment/progress.ts';
import type { EnrolmentAnswer, InstallationAnswer, ListedNode, RegistryAnswer } from '../../domain/enrolment/registry.ts';
import { authorise, authorisedClusters } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';

export async function readRegistry(actor: Actor, at: Date, db: Queryable = webDatabase()): Promise<RegistryAnswer> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const clusters = await listClusterSettings(db, readable);
  const nodes = Map.groupBy(await listNodeSettings(db, readable), ({ cluster }) => cluster);
  return {
    serverTime: at.toISOString(),
    clusters: clusters.map(({ createdAt: _createdAt, ...cluster }) => ({
      ...cluster,
      nodes: (nodes.get(cluster.slug) ?? []).map((node) => listedNode(node, at.getTime())),
    })),
  };
}

/** How one node is on its way; `null` when there is no such node. */
export async function readEnrolment(
  actor: Actor,
  cluster: string,
  node: string,
  at: Date,
  db: Queryable = webDatabase(),
): Promise<EnrolmentAnswer | null> {
  if (!authorise(actor, 'cluster.read', { cluster })) return null;
  // PostgreSQL refuses the NUL character in text.
  if (cluster.includes('\0') || node.includes('\0')) return null;
  const found = (await listNodeSettings(db, [cluster], node))[0];
  return found === undefined ? null : { serverTime: at.toISOString(), node: listedNode(found, at.getTime()) };
}

/** `null` before the first controller has started. */
export async function readInstallation(actor: Actor, db: Queryable = webDatabase()): Promise<InstallationAnswer | null> {
  authorisedClusters(actor, 'cluster.read');
  const installation = await loadInstallation(db);
  if (installation === null) return null;
  const { caFingerprint, gatewayUrl, gatewayNames } = installation;
  return { caFingerprint, gatewayUrl, gatewayNames };
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

function listedNode(node: NodeSetting, nowMs: number): ListedNode {
  const { provider, region, zone, jurisdiction } = node;
  const token =
    node.tokenExpiresAt === null || node.tokenCreatedAt === null
      ? null
      : {
          createdAtMs: node.tokenCreatedAt.getTime(),
          expiresAtMs: node.tokenExpiresAt.getTime(),
          usedAtMs: node.tokenUsedAt?.getTime() ?? null,
        };
  const report =
    node.receivedAt === null
      ? null
      : {
          receivedAtMs: node.receivedAt.getTime(),
          serverState: node.serverState ?? 'unknown',
          message: node.serverMessage,
          readPostgres: node.readPostgres === true,
        };
  return {
    cluster: node.cluster,
    name: node.name,
    site: { provider, region, zone, jurisdiction },
    enrolledAt: iso(node.enrolledAt),
    reportedAt: iso(node.receivedAt),
    agentVersion: node.agentVersion,
    certificateNotAfter: iso(node.certificateNotAfter),
    token: token === null ? null : { expiresAt: new Date(token.expiresAtMs).toISOString(), usedAt: iso(node.tokenUsedAt) },
    progress: enrolmentProgress({
      nowMs,
      token,
      enrolledAtMs: node.enrolledAt?.getTime() ?? null,
      lockReason: node.lockReason,
      certificateNotAfterMs: node.certificateNotAfter?.getTime() ?? null,
      report,
    }),
  };
}
