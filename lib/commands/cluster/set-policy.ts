import { z } from 'zod';
import { changePolicy, findPolicy } from '../../db/fleet/registry.ts';
import { policyChanges, policyDifference } from '../../domain/policy/cluster-policy.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, operationReason } from '../names.ts';
import { clusterOf, noSuchCluster } from '../objects.ts';

/**
 * Changes settings of a cluster, all that are given or none. What was requested before keeps the number of approvals it was requested
 * under; a plan that somebody looks at becomes void.
 */
export const setPolicy = defineCommand({
  name: 'cluster.set-policy',
  permission: 'cluster.manage',
  object: clusterOf(),
  input: z.object({
    cluster: clusterSlug,
    /** The version of the settings that the change was made from. */
    version: z.number().int(),
    changes: policyChanges,
    reason: operationReason,
  }),
  run: async ({ tx }, { cluster, version, changes, reason }) => {
    const subject = `cluster:${cluster}`;
    const stored = await findPolicy(tx, cluster);
    if (stored === null) throw noSuchCluster(cluster);
    const after = { ...stored.policy, ...changes };
    const difference = policyDifference(stored.policy, after);
    if (stored.version !== version) throw changedMeanwhile(subject, stored.version);
    if (Object.keys(difference.after).length === 0) throw new Refusal('These are its settings already.', subject);
    if (!(await changePolicy(tx, cluster, version, difference.after))) throw changedMeanwhile(subject, null);
    return { value: { policy: after, version: version + 1 }, audit: { subject, body: { reason, version: version + 1, ...difference } } };
  },
});

/** `newest` is `null` when the other change was committed in this very moment. */
function changedMeanwhile(subject: string, newest: number | null): Refusal {
  return new Refusal('Somebody else changed the settings of this cluster meanwhile. Look at them, and make your change again.', subject, {
    code: 'policy-changed',
    ...(newest === null ? {} : { version: newest }),
  });
}
