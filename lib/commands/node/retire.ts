import { z } from 'zod';
import { findNode, recordedHolder, retireNode as retire } from '../../db/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, nodeName } from '../names.ts';

/**
 * Takes a node out of its cluster for good: nothing is expected of it any more, and its agent is refused. PostgreSQL on it goes on as
 * it is. The recorded primary can't be retired.
 */
export const retireNode = defineCommand({
  name: 'node.retire',
  permission: 'node.enrol',
  input: z.object({ cluster: clusterSlug, node: nodeName }),
  run: async ({ tx, at }, { cluster, node: name }) => {
    const subject = `node:${cluster}/${name}`;
    const node = await findNode(tx, cluster, name);
    if (node === null) throw new Refusal(`There is no node “${name}” in a cluster “${cluster}”, or it was retired already.`, subject);
    if ((await recordedHolder(tx, node.clusterId)) === name) {
      throw new Refusal(`“${name}” leads the cluster. Let another node lead first; then this one can be retired.`, subject);
    }
    if (!(await retire(tx, node.id, at))) throw new Refusal(`“${name}” was retired already.`, subject);
    return { value: { name }, audit: { subject, body: { uuid: node.uuid } } };
  },
});
