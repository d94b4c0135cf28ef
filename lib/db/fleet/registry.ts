/** Clusters, nodes and join tokens as an administrator registers them. */
import type { PrismaTransaction } from '../ground/prisma.ts';

export interface NewCluster {
  slug: string;
  name: string;
  jurisdictions: string[];
  rtoObjectiveSeconds: number | null;
  rpoObjectiveSeconds: number | null;
}

export interface NewNode {
  clusterId: number;
  name: string;
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
}

export interface RegisteredNode {
  id: number;
  uuid: string;
  name: string;
  clusterId: number;
}

/** @throws a unique violation (`isUniqueViolation`) when the slug is taken. */
export async function insertCluster(tx: PrismaTransaction, cluster: NewCluster): Promise<{ id: number }> {
  return tx.cluster.create({ data: cluster, select: { id: true } });
}

/** A cluster that is not retired, by slug. */
export async function findCluster(tx: PrismaTransaction, slug: string): Promise<{ id: number; name: string } | null> {
  return tx.cluster.findFirst({ where: { slug, retiredAt: null }, select: { id: true, name: true } });
}

/** Which of these short names belong to no cluster that is not retired. */
export async function withoutCluster(tx: PrismaTransaction, slugs: readonly string[]): Promise<string[]> {
  const found = await tx.cluster.findMany({ where: { slug: { in: [...slugs] }, retiredAt: null }, select: { slug: true } });
  const known = new Set(found.map(({ slug }) => slug));
  return slugs.filter((slug) => !known.has(slug));
}

/** @throws a unique violation (`isUniqueViolation`) when the cluster has a node of this name. */
export async function insertNode(tx: PrismaTransaction, node: NewNode): Promise<RegisteredNode> {
  return tx.node.create({ data: node, select: { id: true, uuid: true, name: true, clusterId: true } });
}

/** A node that is not retired, in a cluster that is not retired. */
export async function findNode(tx: PrismaTransaction, clusterSlug: string, name: string): Promise<RegisteredNode | null> {
  return tx.node.findFirst({
    where: { name, retiredAt: null, cluster: { slug: clusterSlug, retiredAt: null } },
    select: { id: true, uuid: true, name: true, clusterId: true },
  });
}

export interface NewJoinToken {
  nodeId: number;
  secretHash: string;
  createdAt: Date;
  expiresAt: Date;
}

/** Stores a token; those of the node that were not used yet end now, so that there is one at most. */
export async function insertJoinToken(tx: PrismaTransaction, token: NewJoinToken): Promise<void> {
  await tx.joinToken.updateMany({
    where: { nodeId: token.nodeId, usedAt: null, expiresAt: { gt: token.createdAt } },
    data: { expiresAt: token.createdAt },
  });
  // The web process may not read the hash back.
  await tx.joinToken.create({ data: token, select: { id: true } });
}

/** Changes what a cluster promises. @returns what it promised before; `null`: there is no such cluster, or it is retired. */
export async function updateObjectives(
  tx: PrismaTransaction,
  slug: string,
  objectives: { rtoObjectiveSeconds: number | null; rpoObjectiveSeconds: number | null },
): Promise<{ rtoObjectiveSeconds: number | null; rpoObjectiveSeconds: number | null } | null> {
  const where = { slug, retiredAt: null };
  const before = await tx.cluster.findFirst({ where, select: { rtoObjectiveSeconds: true, rpoObjectiveSeconds: true } });
  if (before !== null) await tx.cluster.updateMany({ where, data: objectives });
  return before;
}

/** Changes how many must approve an operation. @returns the number before; `null`: there is no such cluster, or it is retired. */
export async function updateApprovalsRequired(tx: PrismaTransaction, slug: string, approvalsRequired: number): Promise<number | null> {
  const where = { slug, retiredAt: null };
  const before = await tx.cluster.findFirst({ where, select: { approvalsRequired: true } });
  if (before !== null) await tx.cluster.updateMany({ where, data: { approvalsRequired } });
  return before?.approvalsRequired ?? null;
}

/** Takes a node out of its cluster for good; its unused join tokens end. @returns false when it was retired already. */
export async function retireNode(tx: PrismaTransaction, nodeId: number, at: Date): Promise<boolean> {
  const { count } = await tx.node.updateMany({ where: { id: nodeId, retiredAt: null }, data: { retiredAt: at } });
  await tx.joinToken.updateMany({ where: { nodeId, usedAt: null, expiresAt: { gt: at } }, data: { expiresAt: at } });
  return count === 1;
}

/** Nodes of a cluster that are not retired. */
export async function countNodes(tx: PrismaTransaction, clusterId: number): Promise<number> {
  return tx.node.count({ where: { clusterId, retiredAt: null } });
}

export async function retireCluster(tx: PrismaTransaction, clusterId: number, at: Date): Promise<void> {
  await tx.cluster.updateMany({ where: { id: clusterId, retiredAt: null }, data: { retiredAt: at } });
}

/** Who leads a cluster as recorded; `null`: nobody yet. */
export async function recordedHolder(tx: PrismaTransaction, clusterId: number): Promise<string | null> {
  const record = await tx.leadership.findUnique({ where: { clusterId }, select: { holder: true } });
  return record?.holder ?? null;
}
