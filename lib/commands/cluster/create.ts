import { z } from 'zod';
import { isUniqueViolation } from '../../db/ground/prisma.ts';
import { insertCluster } from '../../db/fleet/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, displayText, jurisdiction, objectiveSeconds } from '../names.ts';

/** Registers a cluster, so that nodes can be added to it. */
export const createCluster = defineCommand({
  name: 'cluster.create',
  permission: 'cluster.manage',
  object: 'fleet',
  input: z.object({
    slug: clusterSlug,
    name: displayText('the name of the cluster'),
    /** Where its data may be; empty = anywhere. */
    jurisdictions: z.array(jurisdiction).max(50).default([]),
    rtoObjectiveSeconds: objectiveSeconds.default(null),
    rpoObjectiveSeconds: objectiveSeconds.default(null),
  }),
  run: async ({ tx }, input) => {
    try {
      const { id } = await insertCluster(tx, input);
      return { value: { id, slug: input.slug }, audit: { subject: `cluster:${input.slug}`, body: { ...input } } };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new Refusal(`There is a cluster “${input.slug}” already. Choose another short name.`, `cluster:${input.slug}`);
    }
  },
});
