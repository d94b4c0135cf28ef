import { z } from 'zod';
import { unlockIdentity } from '../../db/fleet/identities.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, nodeName } from '../names.ts';
import { nodeOf } from '../objects.ts';

/** Lifts the lock on a node's identity, after the second holder was found and stopped. */
export const unlockNode = defineCommand({
  name: 'node.unlock',
  permission: 'node.enrol',
  object: nodeOf(),
  input: z.object({ cluster: clusterSlug, node: nodeName }),
  run: async ({ tx, found: node }, { cluster, node: name }) => {
    const subject = `node:${cluster}/${name}`;
    const lockReason = await unlockIdentity(queryableOf(tx), node.id);
    if (lockReason === null) throw new Refusal(`The identity of “${name}” is not locked.`, subject);
    return { value: { lockReason }, audit: { subject, body: { lockReason } } };
  },
});
