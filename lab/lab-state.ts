/** A running lab, as its verbs and its status see it. */
import type { AgentProcess } from './agents.ts';
import type { Ground, RunningCluster } from './cluster-setup.ts';
import type { LabDirectory } from './directory.ts';
import type { RunningNode } from './lab-node.ts';
import type { WalFill } from './wal-fill.ts';
import type { WorkloadProcess } from './workload-process.ts';

export interface LabState {
  directory: LabDirectory;
  ground: Ground;
  startedAt: string;
  clusters: RunningCluster[];
  agents: Map<string, AgentProcess>;
  workloads: Map<string, WorkloadProcess>;
  fills: Map<string, WalFill>;
  /** Per node with a broken receiver: its `primary_conninfo` before, and as it was broken. */
  brokenReceivers: Map<string, { before: string; broken: string }>;
  brokenArchives: Set<string>;
  /** Rate that `idle` and `load` return to on `heal`. */
  usualTps: number;
  /** Per cluster: what became of the first full backup. */
  backups: Map<string, 'running' | 'done' | string>;
}

export function allNodes(state: LabState): RunningNode[] {
  return state.clusters.flatMap((cluster) => [...cluster.nodes.values()]);
}

/** @throws listing the names when there is none such. */
export function findNode(state: LabState, name: string): RunningNode {
  const node = allNodes(state).find(({ spec }) => spec.name === name);
  if (node === undefined) throw new Error(`There is no node "${name}". Nodes: ${names(allNodes(state))}.`);
  return node;
}

function names(nodes: readonly RunningNode[]): string {
  return nodes.map(({ spec }) => spec.name).join(', ');
}

export function clusterOf(state: LabState, node: RunningNode): RunningCluster {
  return findCluster(state, node.spec.cluster);
}

export function findCluster(state: LabState, slug: string): RunningCluster {
  const cluster = state.clusters.find(({ spec }) => spec.slug === slug);
  if (cluster === undefined) {
    throw new Error(`There is no cluster "${slug}". Clusters: ${state.clusters.map(({ spec }) => spec.slug).join(', ')}.`);
  }
  return cluster;
}

export function agentOf(state: LabState, node: string): AgentProcess {
  const agent = state.agents.get(node);
  if (agent === undefined) throw new Error(`The lab lost the agent of ${node}.`);
  return agent;
}
