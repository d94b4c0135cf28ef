import { z } from 'zod';
import { isUniqueViolation } from '../../db/ground/prisma.ts';
import { insertCluster } from '../../db/fleet/registry.ts';
import { DEFAULT_POLICY, policyChanges } from '../../domain/policy/cluster-policy.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, displayText } from '../names.ts';

/** Registers a cluster, so that nodes can be added to it. Settings that are not given have their defaults. */
export const createCluster = defineCommand({
  name: 'cluster.create',
  permission: 'cluster.manage',
  object: 'fleet',
  input: z.object({ slug: clusterSlug, name: displayText('the name of the cluster'), policy: policyChanges.default({}) }),
  run: async ({ tx }, { slug, name, policy: given }) => {
    const policy = { ...DEFAULT_POLICY, ...given };
    try {
      const { id } = await insertCluster(tx, { slug, name, policy });
      return { value: { id, slug }, audit: { subject: `cluster:${slug}`, body: { slug, name, policy } } };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new Refusal(`There is a cluster “${slug}” already. Choose another short name.`, `cluster:${slug}`);
    }
  },
});
