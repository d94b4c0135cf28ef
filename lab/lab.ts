/** The lab: a real multi-cloud fleet on one machine, started, broken and healed. Used by the demo and by tests alike. */
import { patient } from '../setup/patience.ts';
import { AgentProcess } from './agents.ts';
import {
  HEALTH_PORT,
  POOLER_PORT,
  POSTGRES_PORT,
  claimRange,
  endpointAddress,
  endpointIndex,
  linkAddress,
  nodeAddress,
} from './addresses.ts';
import type { RangeClaim } from './addresses.ts';
import { findBinaries } from './binaries.ts';
import { createAuthority } from './certificates.ts';
import { setUpCluster } from './cluster-setup.ts';
import type { Ground } from './cluster-setup.ts';
import { openControl } from './control.ts';
import type { ControlServer } from './control.ts';
import { clusterDirectory, makeLabDirectory, processRecordPath, readLabRecord, removeLabDirectory, updateLabRecord } from './directory.ts';
import type { LabDirectory } from './directory.ts';
import * as faults from './faults.ts';
import { heal } from './heal.ts';
import { primaryOf, selectClusters } from './fleet.ts';
import type { ClusterSpec } from './fleet.ts';
import type { Lab, LabCluster, LabOptions, ProberOptions } from './lab-contract.ts';
import type { LabNode } from './lab-node.ts';
import { agentOf, allNodes, findCluster, findNode } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import { cleanUpLeftovers, removeEverything } from './leftovers.ts';
import * as linkFaults from './link-faults.ts';
import { serverUser } from './os-user.ts';
import { takeFullBackup } from './pgbackrest.ts';
import * as power from './power.ts';
import { stopPooler } from './pgbouncer.ts';
import { ProberProcess, lostRows } from './prober-process.ts';
import { ProcessKeeper } from './processes.ts';
import { LinkProxy } from './proxy/link-proxy.ts';
import { ACCOUNTS, APP_DATABASE, APP_ROLE } from './roles.ts';
import { labStatus } from './status.ts';
import { WorkloadProcess } from './workload-process.ts';

export type { LabNode } from './lab-node.ts';
export type { LabStatus } from './status.ts';
export type { KillTarget, Told } from './told.ts';
export type { Lab, LabCluster, LabEndpoint, LabOptions } from './lab-contract.ts';

const WORKLOAD_TPS = 20;

/**
 * Starts the fleet and resolves when every standby streams. Nothing stays behind when it throws.
 * @throws when a program is missing, an address or the directory is taken, or a server does not come up.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const log = options.log ?? (() => undefined);
  const specs = selectClusters(options.clusters, options.regions);
  const user = serverUser();
  const binaries = findBinaries();
  await cleanUpLeftovers(options.dir, log);
  const claim = await claimRange(specs, options.addressRange);
  let directory: LabDirectory;
  try {
    directory = makeLabDirectory(options.dir, user);
  } catch (error) {
    await claim.release();
    throw error;
  }
  const proxy = new LinkProxy();
  let stopStarting = (): void => undefined;
  try {
    options.signal?.throwIfAborted();
    updateLabRecord(directory, { addressRange: claim.range });
    const { root } = directory;
    if (root !== directory.requested) log(`OS user ${user.name} can't enter ${directory.requested}; the lab runs in ${root}`);
    log(`Starting ${specs.map((spec) => spec.slug).join(' and ')} on ${claim.range}.*`);
    const keeper = new ProcessKeeper(processRecordPath(root), user);
    stopStarting = () => {
      keeper.close();
      void removeEverything(root, true).catch(() => undefined);
    };
    options.signal?.addEventListener('abort', stopStarting, { once: true });
    const authority = await createAuthority('Farshore lab authority');
    const ground: Ground = { root, range: claim.range, user, binaries, keeper, authority, proxy, log };
    const state = await bringUp(ground, directory, specs, options.workloadTps ?? WORKLOAD_TPS);
    return await openLab(state, claim);
  } catch (error) {
    options.onFailedStart?.(directory.root);
    stopStarting();
    await tearDown(directory, proxy, claim);
    throw options.signal?.aborted ? new Error('The lab was told to stop while it started.') : error;
  } finally {
    options.signal?.removeEventListener('abort', stopStarting);
  }
}

async function bringUp(ground: Ground, directory: LabDirectory, specs: readonly ClusterSpec[], tps: number): Promise<LabState> {
  const settled = await Promise.allSettled(specs.map((spec) => setUpCluster(ground, spec)));
  const clusters = settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  const state: LabState = {
    directory,
    ground,
    startedAt: new Date().toISOString(),
    clusters,
    agents: new Map(),
    workloads: new Map(),
    fills: new Map(),
    brokenReceivers: new Map(),
    brokenArchives: new Set(),
    usualTps: tps,
    backups: new Map(),
  };
  for (const node of allNodes(state)) state.agents.set(node.spec.name, new AgentProcess(ground, node));
  for (const cluster of describeClusters(state)) {
    const start = { endpoint: cluster.endpoint, caPem: ground.authority.caPem, accounts: ACCOUNTS, tps };
    state.workloads.set(cluster.slug, new WorkloadProcess(ground.keeper, cluster.slug, clusterDirectory(ground.root, cluster.slug), start));
  }
  return state;
}

/** One after the other: the machine has other things to do meanwhile. */
async function takeFirstBackups(state: LabState): Promise<void> {
  for (const { spec } of state.clusters) state.backups.set(spec.slug, 'running');
  for (const { spec, nodes, repository } of state.clusters) {
    const primary = nodes.get(primaryOf(spec).name);
    if (primary === undefined) continue;
    try {
      await takeFullBackup(state.ground.keeper, primary.paths, repository);
      state.backups.set(spec.slug, 'done');
    } catch (error) {
      state.backups.set(spec.slug, `failed: ${(error as Error).message}`);
    }
    if (!state.ground.keeper.closed) state.ground.log(`${spec.slug}: first full backup ${state.backups.get(spec.slug)}`);
  }
}

function describeClusters(state: LabState): LabCluster[] {
  return state.clusters.map(({ spec, passwords }) => ({
    slug: spec.slug,
    name: spec.name,
    jurisdictions: spec.jurisdictions,
    rpoObjectiveSeconds: spec.rpoObjectiveSeconds,
    rtoObjectiveSeconds: spec.rtoObjectiveSeconds,
    approvalsRequired: spec.approvalsRequired,
    endpoint: {
      host: endpointAddress(state.ground.range, spec.index),
      port: POOLER_PORT,
      database: APP_DATABASE,
      user: APP_ROLE,
      password: passwords.app,
    },
  }));
}

function describeNodes(state: LabState): LabNode[] {
  return allNodes(state).map(({ spec, paths }) => ({
    name: spec.name,
    cluster: spec.cluster,
    site: spec.site,
    host: nodeAddress(state.ground.range, spec.index),
    port: POSTGRES_PORT,
    healthPort: HEALTH_PORT,
    dataDir: paths.data,
    agentDir: paths.agent,
    osUser: state.ground.user.name,
    socketDir: paths.socket,
  }));
}

const PROBER_INTERVAL_MS = 10;
/** A client whose own deadline is part of no promise: on a slow machine it has more patience. */
const PROBER_DEADLINE_MS = 5_000;

function startProber(state: LabState, slug: string, how: ProberOptions = {}): Promise<ProberProcess> {
  const { spec, passwords } = findCluster(state, slug);
  const { range, keeper, root, authority } = state.ground;
  // Directly, but from the application's place: by the pooler's own links to the nodes.
  const known = spec.nodes.filter((node) => how.nodes?.includes(node.name) ?? true);
  const direct = known.map((node) => ({ host: linkAddress(range, endpointIndex(spec.index), node.index), port: POSTGRES_PORT }));
  const one = [how.at ?? { host: endpointAddress(range, spec.index), port: POOLER_PORT }];
  return ProberProcess.start(keeper, clusterDirectory(root, slug), {
    hosts: how.via === 'direct' ? direct : one,
    ...{ database: APP_DATABASE, user: APP_ROLE, password: passwords.app, caPem: authority.caPem },
    intervalMs: how.intervalMs ?? PROBER_INTERVAL_MS,
    answerDeadlineMs: how.answerDeadlineMs ?? patient(PROBER_DEADLINE_MS),
  });
}

async function openLab(state: LabState, claim: RangeClaim): Promise<Lab> {
  let control: ControlServer | null = null;
  let stopping: Promise<void> | null = null;
  const firstBackups = takeFirstBackups(state);
  const lab: Lab = {
    dir: state.directory.root,
    addressRange: claim.range,
    nodes: describeNodes(state),
    clusters: describeClusters(state),
    caPem: state.ground.authority.caPem,
    firstBackups,
    startAgent: (node, { controllerUrl, joinToken }) => {
      findNode(state, node);
      return agentOf(state, node).join(controllerUrl, joinToken);
    },
    startProber: (cluster, how) => startProber(state, cluster, how),
    lostRows: (node, report) => lostRows(findNode(state, node).server, report),
    status: () => labStatus(state),
    startAgentAgain: (node, environment) => {
      findNode(state, node);
      return agentOf(state, node).start(environment);
    },
    kill: (node, what) => power.kill(state, node, what),
    fence: (cluster, node) => power.fence(state, cluster, node),
    freeze: (node) => power.freeze(state, node),
    thaw: (node) => power.thaw(state, node),
    stop: (node) => power.stop(state, node),
    start: (node) => power.start(state, node),
    wipe: (node) => power.wipe(state, node),
    cut: (a, b, how) => linkFaults.cut(state, a, b, how),
    delay: (a, b, rttMs) => linkFaults.delay(state, a, b, rttMs),
    throttle: (a, b, bitsPerSecond) => linkFaults.throttle(state, a, b, bitsPerSecond),
    reset: (a, b) => linkFaults.reset(state, a, b),
    fillWal: (node, how) => faults.fillWal(state, node, how),
    breakArchive: (node) => faults.breakArchive(state, node),
    breakReceiver: (node) => faults.breakReceiver(state, node),
    idle: (cluster) => faults.setLoad(state, cluster, 0),
    load: (cluster, tps) => faults.setLoad(state, cluster, tps),
    heal: () => heal(state),
    connect: (node, how) => findNode(state, node).server.connect(how),
    stopAll: () => (stopping ??= stopEverything(state, control, claim)),
  };
  control = await openControl(state.directory.root, lab);
  return lab;
}

/** In the order that leaves the least noise: writers, agents, servers. What won't stop is ended by `tearDown`. */
async function stopEverything(state: LabState, control: ControlServer | null, claim: RangeClaim): Promise<void> {
  state.ground.keeper.close();
  await control?.close();
  for (const fill of state.fills.values()) fill.stop();
  for (const flow of state.ground.proxy.flows()) flow.heal();
  await Promise.allSettled([...state.workloads.values()].map((workload) => workload.stop()));
  await Promise.allSettled([...state.agents.values()].map((agent) => agent.stop()));
  await Promise.allSettled(state.clusters.map(({ pooler }) => stopPooler(pooler)));
  await Promise.allSettled(allNodes(state).map((node) => node.server.stop()));
  await tearDown(state.directory, state.ground.proxy, claim);
}

/** The last word on processes, mounts, addresses and directories, also of a lab that came up only in part. */
async function tearDown(directory: LabDirectory, proxy: LinkProxy, claim: RangeClaim): Promise<void> {
  const record = readLabRecord(directory.root);
  await removeEverything(directory.root, true);
  await proxy.close();
  await claim.release();
  removeLabDirectory(directory, record?.madeDirectory ?? false);
}
