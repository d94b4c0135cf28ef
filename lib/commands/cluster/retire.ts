import { z } from 'zod';
import { countNodes, retireCluster as retire } from '../../db/fleet/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug } from '../names.ts';
import { clusterOf } from '../objects.ts';

/** Takes a cluster that has no nodes any more out of sight for good. What was recorded about it is kept. */
export const retireCluster = defineCommand({
  name: 'cluster.retire',
  permission: 'cluster.manage',
  object: clusterOf(({ cluster }) => new Refusal(`There is no cluster “${cluster}”, or it was retired already.`, `cluster:${cluster}`)),
  input: z.object({ cluster: clusterSlug }),
  run: async ({ tx, at, found: cluster }, { cluster: slug }) => {
    const subject = `cluster:${slug}`;
    const nodes = await countNodes(tx, cluster.id);
    if (nodes > 0) throw new Refusal(`The cluster “${slug}” has ${nodes} node(s). Retire them first.`, subject);
    await retire(tx, cluster.id, at);
    return { value: { slug }, audit: { subject, body: { name: cluster.name } } };
  },
});
