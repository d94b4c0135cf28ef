import { z } from 'zod';
import { isUniqueViolation } from '../../db/ground/prisma.ts';
import { findCluster, insertNode } from '../../db/fleet/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, jurisdiction, nodeName, place } from '../names.ts';

/** Adds a node to a cluster. It is expected from now on, and shown as missing until its agent joins. */
export const registerNode = defineCommand({
  name: 'node.register',
  permission: 'node.enrol',
  input: z.object({
    cluster: clusterSlug,
    name: nodeName,
    provider: place('the provider'),
    region: place('the region'),
    zone: place('the zone'),
    jurisdiction,
  }),
  run: async ({ tx }, { cluster: slug, ...node }) => {
    const subject = `node:${slug}/${node.name}`;
    const cluster = await findCluster(tx, slug);
    if (cluster === null)
      throw new Refusal(`There is no cluster “${slug}”. Create it first: npm run admin -- cluster create ${slug}`, subject);
    try {
      const { id, uuid } = await insertNode(tx, { clusterId: cluster.id, ...node });
      return { value: { id, uuid, name: node.name }, audit: { subject, body: { ...node, uuid } } };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new Refusal(`The cluster “${slug}” has, or had, a node “${node.name}” already. Choose another name.`, subject);
    }
  },
});
