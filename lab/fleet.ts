/**
 * The two clusters of the lab as data: who is where, who streams from whom, and how far apart they are. Everything else in the
 * lab reads this; nothing in it starts a process.
 */

export interface Site {
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
}

export interface NodeSpec {
  name: string;
  cluster: string;
  /** Last octet of the node's address, and its number as a sender on the link proxy; unique in the whole fleet. */
  index: number;
  site: Site;
  /** The node it streams from; `null` for the node that starts as primary. */
  upstream: string | null;
  /** Its `pg_wal` lies on a small volume of its own where the lab may mount one. */
  ownWalVolume: boolean;
}

export interface ClusterSpec {
  slug: string;
  name: string;
  index: number;
  jurisdictions: readonly string[];
  rpoObjectiveSeconds: number;
  rtoObjectiveSeconds: number;
  /** How many others must approve a change of primary. */
  approvalsRequired: number;
  /** `synchronous_standby_names` of the acting primary; empty = asynchronous. */
  synchronousStandbyNames: string;
  nodes: readonly NodeSpec[];
}

/** The name under which the controller takes part in links (`cut aws-use1-a controller`). */
export const CONTROLLER = 'controller';
/** DNS domain of the lab's server certificates; it is never resolved (`hostaddr` gives the address). */
export const LAB_DOMAIN = 'farshore.lab';

const US_EAST_AWS = { provider: 'aws', region: 'us-east-1', jurisdiction: 'US' };

export const FLEET: readonly ClusterSpec[] = [
  {
    slug: 'payments',
    name: 'Payments',
    index: 1,
    jurisdictions: ['US'],
    rpoObjectiveSeconds: 5,
    rtoObjectiveSeconds: 120,
    approvalsRequired: 0,
    synchronousStandbyNames: '',
    nodes: [
      node('payments', 1, 'aws-use1-a', { ...US_EAST_AWS, zone: 'us-east-1a' }, null, true),
      node('payments', 2, 'aws-use1-b', { ...US_EAST_AWS, zone: 'us-east-1b' }, 'aws-use1-a'),
      node('payments', 3, 'gcp-use4-a', { provider: 'gcp', region: 'us-east4', zone: 'us-east4-a', jurisdiction: 'US' }, 'aws-use1-b'),
      node('payments', 4, 'rax-dfw-a', { provider: 'rackspace', region: 'dfw', zone: 'dfw-a', jurisdiction: 'US' }, 'aws-use1-a'),
    ],
  },
  {
    slug: 'ledger',
    name: 'Ledger',
    index: 2,
    jurisdictions: ['EU'],
    rpoObjectiveSeconds: 0,
    rtoObjectiveSeconds: 60,
    approvalsRequired: 1,
    synchronousStandbyNames: 'ANY 1 ("gcp-euw4-a", "az-weu-a")',
    nodes: [
      node('ledger', 5, 'aws-euw1-a', { provider: 'aws', region: 'eu-west-1', zone: 'eu-west-1a', jurisdiction: 'EU' }, null),
      node(
        'ledger',
        6,
        'gcp-euw4-a',
        { provider: 'gcp', region: 'europe-west4', zone: 'europe-west4-a', jurisdiction: 'EU' },
        'aws-euw1-a',
      ),
      node('ledger', 7, 'az-weu-a', { provider: 'azure', region: 'westeurope', zone: 'westeurope-1', jurisdiction: 'EU' }, 'aws-euw1-a'),
    ],
  },
];

function node(cluster: string, index: number, name: string, site: Site, upstream: string | null, ownWalVolume = false): NodeSpec {
  return { name, cluster, index, site, upstream, ownWalVolume };
}

/** The pooler through which a cluster's applications write, as a peer on the links. */
export function endpointName(slug: string): string {
  return `${slug}-endpoint`;
}

/** Physical slot of a standby on its upstream: slot names allow no hyphen. */
export function slotName(node: string): string {
  return node.replaceAll('-', '_');
}

/**
 * The clusters asked for, in the fleet's order; with `regions`, each with only its nodes there, as a cluster of one region would be.
 * @throws when a slug is unknown, or what is left of a cluster has no primary or streams from a node that is left out.
 */
export function selectClusters(slugs?: readonly string[], regions?: readonly string[]): ClusterSpec[] {
  const known = FLEET.map((cluster) => cluster.slug);
  const unknown = slugs?.find((slug) => !known.includes(slug));
  if (unknown !== undefined) throw new Error(`There is no cluster "${unknown}" in the lab. Clusters: ${known.join(', ')}.`);
  const chosen = FLEET.filter((cluster) => slugs === undefined || slugs.includes(cluster.slug));
  return regions === undefined ? chosen : chosen.map((cluster) => inRegions(cluster, regions));
}

function inRegions(cluster: ClusterSpec, regions: readonly string[]): ClusterSpec {
  const nodes = cluster.nodes.filter(({ site }) => regions.includes(site.region));
  const stray = nodes.find(({ upstream }) => upstream !== null && !nodes.some(({ name }) => name === upstream));
  if (stray !== undefined || !nodes.some(({ upstream }) => upstream === null)) {
    const why = stray === undefined ? 'has no primary' : `leaves out ${stray.upstream}, from which ${stray.name} streams`;
    const there = [...new Set(cluster.nodes.map(({ site }) => site.region))].join(', ');
    throw new Error(`${cluster.slug} in ${regions.join(', ')} alone ${why}. Its regions: ${there}.`);
  }
  return { ...cluster, nodes };
}

export function primaryOf(cluster: ClusterSpec): NodeSpec {
  const primary = cluster.nodes.find((spec) => spec.upstream === null);
  if (primary === undefined) throw new Error(`Cluster ${cluster.slug} has no first primary.`);
  return primary;
}

export function standbysOf(cluster: ClusterSpec, upstream: string): NodeSpec[] {
  return cluster.nodes.filter((spec) => spec.upstream === upstream);
}

const SAME_REGION_RTT_MS = 1;
const DEFAULT_RTT_MS = 40;
/** Round trips as measured between those regions over the public internet or peering, rounded. */
const RTT_MS: Readonly<Record<string, number>> = {
  'us-east-1|us-east4': 2,
  'dfw|us-east-1': 32,
  'dfw|us-east4': 34,
  'eu-west-1|europe-west4': 22,
  'eu-west-1|westeurope': 18,
  'europe-west4|westeurope': 6,
  'us-east-1|controller': 2,
  'us-east4|controller': 3,
  'dfw|controller': 33,
  'eu-west-1|controller': 72,
  'europe-west4|controller': 86,
  'westeurope|controller': 82,
};

/** Usual round trip in milliseconds between two regions (or a region and the controller, who sits on the US east coast). */
export function usualRttMs(regionA: string, regionB: string): number {
  if (regionA === regionB) return SAME_REGION_RTT_MS;
  return RTT_MS[`${regionA}|${regionB}`] ?? RTT_MS[`${regionB}|${regionA}`] ?? DEFAULT_RTT_MS;
}
