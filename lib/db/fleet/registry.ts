/** Clusters, nodes and join tokens as an administrator registers them. */
import type { ClusterPolicy, PolicyChanges } from '../../domain/policy/cluster-policy.ts';
import { readPolicy } from '../../domain/policy/cluster-policy.ts';
import type { PrismaTransaction } from '../ground/prisma.ts';

export interface NewCluster {
  slug: string;
  name: string;
  policy: ClusterPolicy;
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

/** The settings of a cluster as stored, with the number of their last change; `null`: there is no such cluster, or it is retired. */
export async function findPolicy(tx: PrismaTransaction, slug: string): Promise<{ policy: ClusterPolicy; version: number } | null> {
  const row = await tx.cluster.findFirst({ where: { slug, retiredAt: null }, select: { policy: true, policyVersion: true } });
  return row === null ? null : { policy: readPolicy(row.policy), version: row.policyVersion };
}

/** Changes some settings; those that this release does not know stay. @returns false when somebody else changed any meanwhile. */
export async function changePolicy(tx: PrismaTransaction, slug: string, fromVersion: number, changes: PolicyChanges): Promise<boolean> {
  const where = { slug, retiredAt: null, policyVersion: fromVersion };
  const stored = await tx.cluster.findFirst({ where, select: { policy: true } });
  const policy = { ...(stored?.policy as Record<string, never> | undefined), ...changes };
  const { count } = await tx.cluster.updateMany({ where, data: { policy, policyVersion: fromVersion + 1 } });
  return count === 1;
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

/** `null`: none recorded yet. */
export async function recordedHolder(tx: PrismaTransaction, clusterId: number): Promise<string | null> {
  const record = await tx.leadership.findUnique({ where: { clusterId }, select: { holder: true } });
  return record?.holder ?? null;
}
