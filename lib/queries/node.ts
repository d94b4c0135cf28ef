/** One node: everything that its page shows beside the live view of its cluster and the charts. */
import { authorise } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { canBeName } from '../domain/topology/slug.ts';
import { withInertText } from '../domain/format/inert-text.ts';
import type { NodeDetails } from '../domain/node-details/details.ts';
import { buildNodeDetails } from '../domain/node-details/details.ts';
import { loadClusterOfNode, loadFacts, loadLeadershipOf, loadNodeRecord, loadPastFindings } from '../db/fleet/node-details.ts';
import { loadNodeEvents } from '../db/fleet/node-event-log.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';

const EVENTS_MAX = 100;
const PAST_FINDINGS_MAX = 100;

/** The node of that name, or `null` when there is none for this actor (or it is retired). Texts of servers and people are inert. */
export async function readNode(actor: Actor, slug: string, nodeName: string, db: Queryable = webDatabase()): Promise<NodeDetails | null> {
  if (!authorise(actor, 'cluster.read', { cluster: slug })) return null;
  if (!canBeName(slug) || !canBeName(nodeName)) return null;
  const record = await loadNodeRecord(db, slug, nodeName);
  if (record === null) return null;
  const { nodeId, clusterId } = record;
  const cluster = await loadClusterOfNode(db, clusterId);
  const { primaryName } = cluster;
  const details = buildNodeDetails({
    ...record,
    ...cluster,
    primary: primaryName === null || primaryName === nodeName ? null : await loadFacts(db, clusterId, primaryName),
    leadership: await loadLeadershipOf(db, clusterId, nodeName),
    events: await loadNodeEvents(db, nodeId, EVENTS_MAX),
    pastFindings: await loadPastFindings(db, clusterId, nodeName, PAST_FINDINGS_MAX),
  });
  return withInertText(details);
}
