import { z } from 'zod';
import { updateObjectives } from '../../db/fleet/registry.ts';
import { defineCommand } from '../define.ts';
import { clusterSlug, objectiveSeconds } from '../names.ts';
import { clusterOf, noSuchCluster } from '../objects.ts';

/** Changes what a cluster promises. `null` = no objective. */
export const setObjectives = defineCommand({
  name: 'cluster.set-objectives',
  permission: 'cluster.manage',
  object: clusterOf(),
  input: z.object({ cluster: clusterSlug, rtoObjectiveSeconds: objectiveSeconds, rpoObjectiveSeconds: objectiveSeconds }),
  run: async ({ tx }, { cluster, ...objectives }) => {
    const subject = `cluster:${cluster}`;
    const before = await updateObjectives(tx, cluster, objectives);
    if (before === null) throw noSuchCluster(cluster);
    return { value: objectives, audit: { subject, body: { before, after: objectives } } };
  },
});
