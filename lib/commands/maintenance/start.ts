import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { insertMaintenance, listMaintenances, lockCluster } from '../../db/operations/maintenances.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { findNode } from '../../db/fleet/registry.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, displayText, nodeName, operationReason } from '../names.ts';
import { clusterOf, noSuchCluster } from '../objects.ts';

const HOUR_MS = 3_600_000;
const HOURS_MAX = 14 * 24;

const subjectOf = (slug: string, node: string | null): string => (node === null ? `cluster:${slug}` : `node:${slug}/${node}`);

/** Announces maintenance: until it expires or is ended, the node (or the whole cluster) is no candidate, and people see why. */
export const startMaintenance = defineCommand({
  name: 'maintenance.start',
  permission: 'maintenance.manage',
  object: clusterOf(({ cluster, node }: { cluster: string; node: string | null }) => noSuchCluster(cluster, subjectOf(cluster, node))),
  input: z.object({
    cluster: clusterSlug,
    /** `null` = the whole cluster. */
    node: nodeName.nullable().default(null),
    /** Defaults to the person who announces it. */
    owner: displayText('the owner').nullable().default(null),
    reason: operationReason,
    hours: z
      .number({ error: 'a maintenance has an end: say after how many hours' })
      .positive('a maintenance ends in the future')
      .max(HOURS_MAX, `a maintenance lasts ${HOURS_MAX / 24} days at most`),
  }),
  run: async ({ tx, actor, at }, { cluster: slug, node, owner, reason, hours }) => {
    const subject = subjectOf(slug, node);
    const client = queryableOf(tx);
    const cluster = await lockCluster(client, slug);
    if (cluster === null) throw noSuchCluster(slug, subject);
    if (node !== null && (await findNode(tx, slug, node)) === null) {
      throw new Refusal(`There is no node “${node}” in the cluster “${slug}”.`, subject);
    }
    const same = (await listMaintenances(client, [slug], at)).find((other) => other.node === node);
    if (same !== undefined) {
      throw new Refusal(`${same.owner} has announced work here until ${same.endsAt.toISOString()} already. End that first.`, subject);
    }
    const by = owner ?? actorLabel(actor);
    const endsAt = new Date(at.getTime() + hours * HOUR_MS);
    const id = await insertMaintenance(client, { clusterId: cluster.id, node, owner: by, reason, startsAt: at, endsAt });
    return { value: { id, endsAt }, audit: { subject, body: { maintenance: id, owner: by, reason, endsAt: endsAt.toISOString() } } };
  },
});
