import { z } from 'zod';
import { updateApprovalsRequired } from '../../db/fleet/registry.ts';
import { defineCommand } from '../define.ts';
import { clusterSlug, operationReason } from '../names.ts';
import { clusterOf, noSuchCluster } from '../objects.ts';

const APPROVALS_MAX = 2;

/**
 * How many people other than the requester must approve an operation of this cluster. What was requested before keeps the number it
 * was requested under; a plan that somebody looks at becomes void.
 */
export const setPolicy = defineCommand({
  name: 'cluster.set-policy',
  permission: 'cluster.manage',
  object: clusterOf(),
  input: z.object({
    cluster: clusterSlug,
    approvalsRequired: z
      .number()
      .int('a number of people is whole')
      .min(0, 'a number of people is not negative')
      .max(APPROVALS_MAX, `${APPROVALS_MAX} approvals are the most that can be required`),
    reason: operationReason,
  }),
  run: async ({ tx }, { cluster, approvalsRequired, reason }) => {
    const subject = `cluster:${cluster}`;
    const before = await updateApprovalsRequired(tx, cluster, approvalsRequired);
    if (before === null) throw noSuchCluster(cluster);
    return {
      value: { approvalsRequired },
      audit: { subject, body: { reason, before: { approvalsRequired: before }, after: { approvalsRequired } } },
    };
  },
});
