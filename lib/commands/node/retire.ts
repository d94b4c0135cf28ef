import { z } from 'zod';
import { isNeeded } from '../../db/operations/operations.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { recordedHolder, retireNode as retire } from '../../db/fleet/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, nodeName } from '../names.ts';
import { nodeOf } from '../objects.ts';

/**
 * Takes a node out of its cluster for good: nothing is expected of it any more, and its agent is refused. PostgreSQL on it continues as
 * it is. The recorded primary can't be retired, nor a node that an operation under way needs.
 */
export const retireNode = defineCommand({
  name: 'node.retire',
  permission: 'node.enrol',
  object: nodeOf(({ cluster, node }) => `There is no node “${node}” in a cluster “${cluster}”, or it was retired already.`),
  input: z.object({ cluster: clusterSlug, node: nodeName }),
  run: async ({ tx, at, found: node }, { cluster, node: name }) => {
    const subject = `node:${cluster}/${name}`;
    if ((await recordedHolder(tx, node.clusterId)) === name) {
      throw new Refusal(`“${name}” leads the cluster. Let another node lead first; then this one can be retired.`, subject);
    }
    if (await isNeeded(queryableOf(tx), node.clusterId, name)) {
      throw new Refusal('An operation that is under way needs this node. Wait until it has ended.', subject);
    }
    if (!(await retire(tx, node.id, at))) throw new Refusal(`“${name}” was retired already.`, subject);
    return { value: { name }, audit: { subject, body: { uuid: node.uuid } } };
  },
});
