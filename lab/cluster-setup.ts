/** Builds one cluster from nothing: certificates, a primary from initdb, standbys from base backups, the write endpoint. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { POOLER_PORT, POSTGRES_PORT, endpointAddress, endpointIndex, linkAddress, nodeAddress } from './addresses.ts';
import type { Binaries } from './binaries.ts';
import type { Authority } from './certificates.ts';
import { clusterDirectory, makePrivateDirectory, poolerDirectory, writePrivateFile } from './directory.ts';
import { LAB_DOMAIN, endpointName, primaryOf, slotName, standbysOf, usualRttMs } from './fleet.ts';
import type { ClusterSpec, NodeSpec } from './fleet.ts';
import type { RunningNode } from './lab-node.ts';
import { nodePaths } from './node-paths.ts';
import type { OsUser } from './os-user.ts';
import { createStanza, writePgbackrestConfig } from './pgbackrest.ts';
import type { Repository } from './pgbackrest.ts';
import { startPooler } from './pgbouncer.ts';
import { PostgresServer } from './postgres-server.ts';
import { logTail } from './processes.ts';
import type { OwnedProcess, ProcessKeeper } from './processes.ts';
import type { LinkProxy } from './proxy/link-proxy.ts';
import { APP_DATABASE, REPLICATION_ROLE, REWIND_ROLE, SUPERUSER, appSecret, createAppTables, createRoles } from './roles.ts';
import type { ClusterPasswords } from './roles.ts';
import { cloneFromUpstream, createSlots, primaryConninfo } from './standby.ts';
import { mountWalVolume } from './volume.ts';
import { pointToOwnConfig, writeServerConfig } from './server-files.ts';
import { waitFor } from './waiting.ts';

const INITDB_DEADLINE_MS = 60_000;
const STREAMING_DEADLINE_MS = 40_000;

/** Shared by the building of every cluster. */
export interface Ground {
  root: string;
  range: string;
  user: OsUser;
  binaries: Binaries;
  keeper: ProcessKeeper;
  authority: Authority;
  proxy: LinkProxy;
  log: (line: string) => void;
}

export interface RunningCluster {
  spec: ClusterSpec;
  nodes: Map<string, RunningNode>;
  passwords: ClusterPasswords;
  repository: Repository;
  pooler: OwnedProcess;
}

const newSecret = (): string => randomBytes(18).toString('base64url');

export async function setUpCluster(ground: Ground, spec: ClusterSpec): Promise<RunningCluster> {
  const passwords = { replication: newSecret(), rewind: newSecret(), app: newSecret() };
  const home = clusterDirectory(ground.root, spec.slug);
  makePrivateDirectory(home, ground.user);
  const repository: Repository = {
    stanza: spec.slug,
    path: makePrivateDirectory(join(home, 'repository'), ground.user),
    cipherPass: randomBytes(32).toString('base64url'),
    program: ground.binaries.pgbackrest,
  };
  await openLinks(ground, spec);
  const prepared = await Promise.all(spec.nodes.map((node) => prepareNode(ground, spec, node, passwords, repository)));
  const nodes = new Map(prepared.map((node) => [node.spec.name, node]));
  const primary = required(nodes, primaryOf(spec).name);
  await startPrimary(ground, primary, passwords, repository);
  const [pooler] = await Promise.all([startEndpoint(ground, spec, primary), addStandbysOf(ground, spec, nodes, primary, repository)]);
  if (spec.synchronousStandbyNames !== '') await turnSynchronous(spec, primary);
  ground.log(`${spec.slug}: ${spec.nodes.length} servers up, standbys streaming`);
  return { spec, nodes, passwords, repository, pooler };
}

function required(nodes: ReadonlyMap<string, RunningNode>, name: string): RunningNode {
  const node = nodes.get(name);
  if (node === undefined) throw new Error(`The fleet names ${name} as an upstream, but has no such node.`);
  return node;
}

async function openLinks({ range, proxy }: Ground, spec: ClusterSpec): Promise<void> {
  const primaryRegion = primaryOf(spec).site.region;
  for (const to of spec.nodes) {
    const target = { host: nodeAddress(range, to.index), port: POSTGRES_PORT };
    for (const from of spec.nodes.filter((peer) => peer.name !== to.name)) {
      const listen = { host: linkAddress(range, from.index, to.index), port: POSTGRES_PORT };
      const rttMs = usualRttMs(from.site.region, to.site.region);
      await proxy.open({ from: from.name, to: to.name, listen, target, localAddress: nodeAddress(range, from.index), rttMs });
    }
    await proxy.open({
      from: endpointName(spec.slug),
      to: to.name,
      listen: { host: linkAddress(range, endpointIndex(spec.index), to.index), port: POSTGRES_PORT },
      target,
      localAddress: endpointAddress(range, spec.index),
      rttMs: usualRttMs(primaryRegion, to.site.region),
    });
  }
}

/** Directories, certificates, passwords and pgBackRest configuration of a node; no server yet. */
async function prepareNode(
  ground: Ground,
  cluster: ClusterSpec,
  spec: NodeSpec,
  passwords: ClusterPasswords,
  repository: Repository,
): Promise<RunningNode> {
  const { root, range, user, authority, binaries, keeper } = ground;
  const paths = nodePaths(root, spec.name);
  for (const directory of [paths.home, paths.socket, paths.config, paths.tls, paths.log, paths.agent])
    makePrivateDirectory(directory, user);
  const [server, client] = await Promise.all([
    authority.issue({
      commonName: `${spec.name}.${LAB_DOMAIN}`,
      dnsNames: [`${spec.name}.${LAB_DOMAIN}`],
      // The pooler checks the address it was given, not a name; behind a load balancer clients check that of the endpoint.
      addresses: [
        nodeAddress(range, spec.index),
        linkAddress(range, endpointIndex(cluster.index), spec.index),
        endpointAddress(range, cluster.index),
      ],
      use: 'server',
    }),
    authority.issue({ commonName: REPLICATION_ROLE, dnsNames: [], addresses: [], use: 'client' }),
  ]);
  const files = [
    [paths.caFile, authority.caPem],
    [paths.serverKey, server.keyPem],
    [paths.serverCertificate, server.certificatePem],
    [paths.clientKey, client.keyPem],
    [paths.clientCertificate, client.certificatePem],
    [paths.passwordFile, `*:*:*:${REPLICATION_ROLE}:${passwords.replication}\n*:*:*:${REWIND_ROLE}:${passwords.rewind}\n`],
  ] as const;
  for (const [path, content] of files) writePrivateFile(path, content, user);
  writePgbackrestConfig(paths, repository, user);
  writeServerConfig({ range, user }, cluster, spec, paths, repository);
  const walVolumeProblem = spec.ownWalVolume ? mountWalVolume(paths.walVolume, user) : null;
  if (walVolumeProblem !== null) ground.log(`${spec.name}: ${walVolumeProblem}`);
  return { spec, paths, server: new PostgresServer(spec.name, paths, binaries, user, keeper), walVolumeProblem };
}

/** Where the node's WAL lies when it has a volume of its own. */
function walDirectory(node: RunningNode): string | null {
  return node.spec.ownWalVolume && node.walVolumeProblem === null ? join(node.paths.walVolume, 'pg_wal') : null;
}

async function startPrimary(ground: Ground, primary: RunningNode, passwords: ClusterPasswords, repository: Repository): Promise<void> {
  const { keeper, binaries } = ground;
  const wal = walDirectory(primary);
  const args = [
    `--pgdata=${primary.paths.data}`,
    `--username=${SUPERUSER}`,
    '--data-checksums',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--auth-local=peer',
    '--auth-host=scram-sha-256',
    '--no-sync',
    ...(wal === null ? [] : [`--waldir=${wal}`]),
  ];
  await keeper.run(join(binaries.postgresBin, 'initdb'), args, INITDB_DEADLINE_MS, { cwd: primary.paths.home });
  pointToOwnConfig(primary.paths, ground.user);
  await createStanza(keeper, primary.paths, repository);
  await primary.server.start();
  await primary.server.withConnection((client) => createRoles(client, passwords));
  await primary.server.withConnection(createAppTables, { database: APP_DATABASE });
}

/** The standbys of a node, each followed by its own standbys. */
async function addStandbysOf(
  ground: Ground,
  cluster: ClusterSpec,
  nodes: ReadonlyMap<string, RunningNode>,
  upstream: RunningNode,
  repository: Repository,
): Promise<void> {
  const standbys = standbysOf(cluster, upstream.spec.name).map((spec) => required(nodes, spec.name));
  if (standbys.length === 0) return;
  await createSlots(
    upstream.server,
    standbys.map((standby) => standby.spec.name),
  );
  await Promise.all(
    standbys.map(async (standby) => {
      const { spec, paths } = standby;
      const upstreamHost = linkAddress(ground.range, spec.index, upstream.spec.index);
      const request = {
        standby: spec.name,
        paths,
        conninfo: primaryConninfo(spec.name, paths, upstream.spec.name, upstreamHost),
        postgresBin: ground.binaries.postgresBin,
        walDirectory: walDirectory(standby),
        user: ground.user,
      };
      await cloneFromUpstream(ground.keeper, request).catch(async (error: Error) => {
        // A broken connection is no reason to give up the whole fleet: once more, and what happened is said.
        ground.log(`${error.message}\nLog of ${upstream.spec.name}: ${logTail(upstream.server.logFile)}\nTaking the base backup again.`);
        await releasedSlot(upstream, spec.name);
        await cloneFromUpstream(ground.keeper, request);
      });
      await standby.server.start();
      await waitForStreaming(upstream, spec.name);
      await addStandbysOf(ground, cluster, nodes, standby, repository);
    }),
  );
}

/** The sender of a broken base backup may hold the slot for a moment after its receiver is gone. */
async function releasedSlot(upstream: RunningNode, standby: string): Promise<void> {
  const sql = 'SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND NOT active';
  await upstream.server.withConnection((client) =>
    waitFor(
      `the slot of ${standby} to be free`,
      STREAMING_DEADLINE_MS,
      async () => (await client.query(sql, [slotName(standby)])).rowCount === 1,
    ),
  );
}

export async function waitForStreaming(upstream: RunningNode, standby: string, deadlineMs = STREAMING_DEADLINE_MS): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'`;
  await upstream.server.withConnection((client) =>
    waitFor(`${standby} to stream from ${upstream.spec.name}`, deadlineMs, async () => (await client.query(sql, [standby])).rowCount === 1),
  );
}

/** Only the acting primary has it set, and only now: without a standby every commit would wait. */
async function turnSynchronous(spec: ClusterSpec, primary: RunningNode): Promise<void> {
  await primary.server.withConnection(async (client) => {
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = ${client.escapeLiteral(spec.synchronousStandbyNames)}`);
    await client.query('SELECT pg_reload_conf()');
    const sql = `SELECT 1 FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum') AND state = 'streaming'`;
    await waitFor(
      `a synchronous standby of ${spec.slug}`,
      STREAMING_DEADLINE_MS,
      async () => ((await client.query(sql)).rowCount ?? 0) > 0,
    );
  });
}

async function startEndpoint(ground: Ground, spec: ClusterSpec, primary: RunningNode): Promise<OwnedProcess> {
  const { range, root, authority, binaries, keeper, user } = ground;
  const host = endpointAddress(range, spec.index);
  const name = `${endpointName(spec.slug)}.${LAB_DOMAIN}`;
  return startPooler(keeper, {
    slug: spec.slug,
    directory: poolerDirectory(root, spec.slug),
    program: binaries.pgbouncer,
    listen: { host, port: POOLER_PORT },
    primary: { host: linkAddress(range, endpointIndex(spec.index), primary.spec.index), port: POSTGRES_PORT },
    appSecret: await primary.server.withConnection(appSecret),
    caPem: ground.authority.caPem,
    certificate: await authority.issue({ commonName: name, dnsNames: [name], addresses: [host], use: 'server' }),
    user,
  });
}
