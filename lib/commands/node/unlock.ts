import { z } from 'zod';
import { unlockIdentity } from '../../db/fleet/identities.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { findNode } from '../../db/fleet/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, nodeName } from '../names.ts';

/** Lifts the lock on a node's identity, after the second holder was found and stopped. */
export const unlockNode = defineCommand({
  name: 'node.unlock',
  permission: 'node.enrol',
  input: z.object({ cluster: clusterSlug, node: nodeName }),
  run: async ({ tx }, { cluster, node: name }) => {
    const subject = `node:${cluster}/${name}`;
    const node = await findNode(tx, cluster, name);
    if (node === null) throw new Refusal(`There is no node “${name}” in a cluster “${cluster}”.`, subject);
    const lockReason = await unlockIdentity(queryableOf(tx), node.id);
    if (lockReason === null) throw new Refusal(`The identity of “${name}” is not locked.`, subject);
    return { value: { lockReason }, audit: { subject, body: { lockReason } } };
  },
});
