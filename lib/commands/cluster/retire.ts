import { z } from 'zod';
import { countNodes, findCluster, retireCluster as retire } from '../../db/fleet/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug } from '../names.ts';

/** Takes a cluster that has no nodes any more out of sight for good. What was recorded about it is kept. */
export const retireCluster = defineCommand({
  name: 'cluster.retire',
  permission: 'cluster.manage',
  input: z.object({ cluster: clusterSlug }),
  run: async ({ tx, at }, { cluster: slug }) => {
    const subject = `cluster:${slug}`;
    const cluster = await findCluster(tx, slug);
    if (cluster === null) throw new Refusal(`There is no cluster “${slug}”, or it was retired already.`, subject);
    const nodes = await countNodes(tx, cluster.id);
    if (nodes > 0) throw new Refusal(`The cluster “${slug}” has ${nodes} node(s). Retire them first.`, subject);
    await retire(tx, cluster.id, at);
    return { value: { slug }, audit: { subject, body: { name: cluster.name } } };
  },
});
