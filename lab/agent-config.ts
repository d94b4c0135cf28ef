/** `agent.toml` of a node: what its agent observes, how it acts, and where it finds its peers and the pooler of its cluster. */
import { HEALTH_PORT, POOLER_PORT, POSTGRES_PORT, endpointIndex, linkAddress, nodeAddress } from './addresses.ts';
import type { Binaries } from './binaries.ts';
import { poolerDirectory } from './directory.ts';
import { LAB_DOMAIN, endpointName, selectClusters } from './fleet.ts';
import type { ClusterSpec } from './fleet.ts';
import type { RunningNode } from './lab-node.ts';
import type { OsUser } from './os-user.ts';
import { poolerConfigFile } from './pgbouncer.ts';
import { APP_DATABASE, CONTROL_ROLE, MONITOR_ROLE, REPLICATION_ROLE, REWIND_ROLE } from './roles.ts';

export interface AgentConfigGround {
  root: string;
  range: string;
  user: OsUser;
  binaries: Binaries;
}

type Section = readonly [heading: string, values: Readonly<Record<string, string | number>>];

/** @param controller URL of the node's own link to the controller, and the name that the controller's certificate carries. */
export function agentConfig(
  ground: AgentConfigGround,
  node: RunningNode,
  controller: { url: string; serverName: string },
  stateDirectory: string,
): string {
  const [cluster] = selectClusters([node.spec.cluster]);
  if (cluster === undefined) throw new Error(`The fleet lost cluster ${node.spec.cluster}.`);
  const sections: Section[] = [
    ['agent', { state_directory: stateDirectory }],
    ['controller', { url: controller.url, server_name: controller.serverName }],
    ...serverSections(ground, node),
    ...peerSections(ground, cluster, node),
    ...poolerSections(ground, cluster),
  ];
  return sections.map(([heading, values]) => `[${heading}]\n${toml(values)}\n`).join('\n');
}

function serverSections({ range, binaries }: AgentConfigGround, { spec, paths, server }: RunningNode): Section[] {
  return [
    [
      'postgres',
      {
        host: paths.socket,
        port: POSTGRES_PORT,
        user: MONITOR_ROLE,
        database: 'postgres',
        data_directory: paths.data,
        bin_directory: binaries.postgresBin,
        log_file: server.logFile,
      },
    ],
    ['health', { host: nodeAddress(range, spec.index), port: HEALTH_PORT }],
    ['backup', { stanza: spec.cluster, config: paths.pgbackrestConfig, command: binaries.pgbackrest }],
    ['control', { user: CONTROL_ROLE, service: 'pg_ctl' }],
    [
      'replication',
      {
        user: REPLICATION_ROLE,
        rewind_user: REWIND_ROLE,
        passfile: paths.passwordFile,
        sslmode: 'verify-full',
        sslrootcert: paths.caFile,
        sslcert: paths.clientCertificate,
        sslkey: paths.clientKey,
      },
    ],
  ];
}

/** Each other node of the cluster as this node finds it: through the link between the two. */
function peerSections({ range }: AgentConfigGround, cluster: ClusterSpec, { spec }: RunningNode): Section[] {
  return cluster.nodes
    .filter((peer) => peer.name !== spec.name)
    .map((peer) => [
      `peers.${peer.name}`,
      { host: `${peer.name}.${LAB_DOMAIN}`, hostaddr: linkAddress(range, spec.index, peer.index), port: POSTGRES_PORT },
    ]);
}

/** The cluster's pooler, which every agent reaches in the lab, with the pooler's own links to the nodes. */
function poolerSections({ root, range, user }: AgentConfigGround, cluster: ClusterSpec): Section[] {
  const name = endpointName(cluster.slug);
  const directory = poolerDirectory(root, cluster.slug);
  return [
    [
      `poolers.${name}`,
      { console: directory, port: POOLER_PORT, user: user.name, config: poolerConfigFile(directory), database: APP_DATABASE },
    ],
    ...cluster.nodes.map((node): Section => [
      `poolers.${name}.nodes.${node.name}`,
      { host: linkAddress(range, endpointIndex(cluster.index), node.index), port: POSTGRES_PORT },
    ]),
  ];
}

function toml(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join('\n');
}
