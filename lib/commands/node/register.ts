import { z } from 'zod';
import { isUniqueViolation } from '../../db/ground/prisma.ts';
import { countNodes, insertNode } from '../../db/fleet/registry.ts';
import { CLUSTER_NODES_MAX } from '../../db/fleet/limits.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, jurisdiction, nodeName, place } from '../names.ts';
import { clusterOf } from '../objects.ts';

/** Adds a node to a cluster. It is expected from now on, and shown as missing until its agent joins. */
export const registerNode = defineCommand({
  name: 'node.register',
  permission: 'node.enrol',
  object: clusterOf(
    ({ cluster, name }: { cluster: string; name: string }) =>
      new Refusal(
        `There is no cluster “${cluster}”. Create it first: npm run admin -- cluster create ${cluster}`,
        `node:${cluster}/${name}`,
      ),
  ),
  input: z.object({
    cluster: clusterSlug,
    name: nodeName,
    provider: place('the provider'),
    region: place('the region'),
    zone: place('the zone'),
    jurisdiction,
  }),
  run: async ({ tx, found: cluster }, { cluster: slug, ...node }) => {
    const subject = `node:${slug}/${node.name}`;
    if ((await countNodes(tx, cluster.id)) >= CLUSTER_NODES_MAX) {
      throw new Refusal(`The cluster “${slug}” has ${CLUSTER_NODES_MAX} nodes already, which is the most that one can have.`, subject);
    }
    try {
      const { id, uuid } = await insertNode(tx, { clusterId: cluster.id, ...node });
      return { value: { id, uuid, name: node.name }, audit: { subject, body: { ...node, uuid } } };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new Refusal(`The cluster “${slug}” has, or had, a node “${node.name}” already. Choose another name.`, subject);
    }
  },
});
