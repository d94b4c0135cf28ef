import type { FleetNode } from '../../lib/db/fleet/fleet.ts';
import type { FleetDirectory } from '../fleet-directory.ts';

/** A node of a cluster by its name; `null` = it is not registered any more. */
export function nodeNamed(fleet: FleetDirectory, clusterId: number, name: string): FleetNode | null {
  return fleet.clusters.find(({ id }) => id === clusterId)?.nodes.find((node) => node.name === name) ?? null;
}
