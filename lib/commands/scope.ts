/** Where a role or a token holds, as somebody who gives it says it. */
import { z } from 'zod';
import { withoutCluster } from '../db/fleet/registry.ts';
import type { PrismaTransaction } from '../db/ground/prisma.ts';
import { Refusal } from './define.ts';
import { clusterSlug } from './names.ts';

const CLUSTERS_MAX = 500;

/** Short names of clusters; `null` = the whole fleet, also clusters that are made later. */
export const clusterScope = z
  .array(clusterSlug)
  .min(1, 'name at least one cluster, or give it on the whole fleet')
  .max(CLUSTERS_MAX, `${CLUSTERS_MAX} clusters are the most that can be named`)
  .transform((slugs) => [...new Set(slugs)].sort())
  .nullable()
  .default(null);

/** Refuses a cluster that does not exist: only a person who sees the whole fleet gives rights. */
export async function refuseUnknown(tx: PrismaTransaction, clusters: readonly string[] | null, subject: string): Promise<void> {
  const unknown = await withoutCluster(tx, clusters ?? []);
  if (unknown.length > 0) throw new Refusal(`There is no cluster ${unknown.map((slug) => `“${slug}”`).join(', ')}.`, subject);
}

/** The same held on each of the clusters. */
export const onEach = <Held>(clusters: readonly string[], held: Held): Record<string, Held> =>
  Object.fromEntries(clusters.map((cluster) => [cluster, held]));
