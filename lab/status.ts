/** Reports the lab's own processes, links and workloads. It says nothing about lag; that is Farshore's job. */
import { POSTGRES_PORT, nodeAddress } from './addresses.ts';
import type { RunningNode } from './lab-node.ts';
import { agentOf, allNodes } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import type { ServerProcessState } from './postgres-server.ts';
import { serverRole, upstreamOf } from './roles-now.ts';
import { hasOwnVolume } from './volume.ts';
import type { WorkloadReport } from './workload.ts';

export interface NodeStatus {
  name: string;
  cluster: string;
  address: string;
  postgres: ServerProcessState;
  pid: number | null;
  /** As it says itself now; `null` = it does not answer. */
  role: 'primary' | 'standby' | null;
  timeline: number | null;
  /** The node whose name stands in its `primary_conninfo`. */
  upstream: string | null;
  agent: 'running' | 'stopped' | 'absent';
  /** Faults the lab made here, as phrases. */
  faults: string[];
  walVolume: 'own' | 'shared';
  /** Why a node that should have its own WAL volume has none. */
  walVolumeProblem: string | null;
}

export interface FlowStatus {
  from: string;
  to: string;
  rttMs: number;
  bitsPerSecond: number | null;
  cut: boolean;
  bytes: number;
}

export interface LabStatus {
  directory: string;
  addressRange: string;
  startedAt: string;
  nodes: NodeStatus[];
  /** One entry for each direction. */
  flows: FlowStatus[];
  workloads: { cluster: string; report: WorkloadReport | null }[];
  backups: { cluster: string; state: string }[];
}

export async function labStatus(state: LabState): Promise<LabStatus> {
  const { range } = state.ground;
  return {
    directory: state.directory.root,
    addressRange: range,
    startedAt: state.startedAt,
    nodes: await Promise.all(allNodes(state).map((node) => nodeStatus(state, node))),
    flows: state.ground.proxy.flows().map((flow) => ({
      from: flow.from,
      to: flow.to,
      rttMs: flow.delayMs * 2,
      bitsPerSecond: flow.bitsPerSecond,
      cut: flow.cut,
      bytes: flow.bytes,
    })),
    workloads: [...state.workloads].map(([cluster, workload]) => ({ cluster, report: workload.report() })),
    backups: [...state.backups].map(([cluster, result]) => ({ cluster, state: result })),
  };
}

async function nodeStatus(state: LabState, node: RunningNode): Promise<NodeStatus> {
  const { name, cluster, index } = node.spec;
  const now = await serverRole(node.server);
  return {
    name,
    cluster,
    address: `${nodeAddress(state.ground.range, index)}:${POSTGRES_PORT}`,
    postgres: node.server.state(),
    pid: node.server.pid,
    role: now?.role ?? null,
    timeline: now?.timeline ?? null,
    upstream: now?.role === 'standby' ? upstreamOf(state, node, now.conninfo) : null,
    agent: agentOf(state, name).state(),
    faults: faultsOf(state, name),
    walVolume: hasOwnVolume(node) ? 'own' : 'shared',
    walVolumeProblem: node.walVolumeProblem,
  };
}

function roleText({ role, timeline, upstream }: NodeStatus): string {
  if (role === null) return 'no answer';
  const where = timeline === null ? '' : ` on timeline ${timeline}`;
  return role === 'primary' ? `primary${where}` : `standby of ${upstream ?? '?'}${where}`;
}

function faultsOf(state: LabState, name: string): string[] {
  return [
    state.brokenArchives.has(name) ? 'archive broken' : '',
    state.brokenReceivers.has(name) ? 'receiver broken' : '',
    state.fills.has(name) ? 'fills WAL' : '',
  ].filter(Boolean);
}

/** The status as text for a terminal. */
export function formatStatus(status: LabStatus): string {
  const nodes = status.nodes.map((node) =>
    [
      `  ${node.name.padEnd(12)} ${node.cluster.padEnd(9)} ${node.address.padEnd(18)} postgres ${node.postgres.padEnd(8)} agent ${node.agent.padEnd(7)} ${roleText(node)}`,
      ...node.faults.map((fault) => `    ! ${fault}`),
      ...(node.walVolumeProblem === null ? [] : [`    ! ${node.walVolumeProblem}`]),
    ].join('\n'),
  );
  const flows = status.flows
    .filter((flow) => flow.bytes > 0 || flow.cut)
    .map((flow) => {
      const rate = flow.bitsPerSecond === null ? '' : `, at most ${flow.bitsPerSecond} bit/s`;
      return `  ${flow.from} → ${flow.to}: ${flow.cut ? 'CUT' : `round trip ${flow.rttMs} ms${rate}`}, ${(flow.bytes / 1024 / 1024).toFixed(1)} MiB carried`;
    });
  const workloads = status.workloads.map(({ cluster, report }) =>
    report === null
      ? `  ${cluster}: no report yet`
      : `  ${cluster}: ${report.tps} of ${report.targetTps} transfers/s, ${report.committed} committed, ${report.failed} failed${report.lastError === null ? '' : `; last failure ${report.lastError}`}`,
  );
  const backups = status.backups.map(({ cluster, state }) => `  ${cluster}: first full backup ${state}`);
  return [
    `Lab in ${status.directory}, addresses ${status.addressRange}.*, since ${status.startedAt}`,
    ...['Nodes', ...nodes, 'Links', ...flows, 'Workloads', ...workloads, 'Backups', ...backups],
  ].join('\n');
}
