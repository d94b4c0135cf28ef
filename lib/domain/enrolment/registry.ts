/** Clusters and nodes as they are registered: the shape that the settings show. */
import type { ClusterPolicy } from '../policy/cluster-policy.ts';
import type { Site } from '../topology/model.ts';
import type { EnrolmentProgress } from './progress.ts';

export interface ListedCluster {
  slug: string;
  name: string;
  policy: ClusterPolicy;
  /** Of the policy: a change names the one that it was made from. */
  policyVersion: number;
  /** The recorded primary; `null`: none yet. */
  holder: string | null;
  nodes: ListedNode[];
}

export interface ListedNode {
  cluster: string;
  name: string;
  site: Site;
  enrolledAt: string | null;
  reportedAt: string | null;
  agentVersion: string | null;
  certificateNotAfter: string | null;
  token: { expiresAt: string; usedAt: string | null } | null;
  progress: EnrolmentProgress;
}

export interface RegistryAnswer {
  serverTime: string;
  clusters: ListedCluster[];
}

export interface EnrolmentAnswer {
  serverTime: string;
  node: ListedNode;
}

/** Lets agents find and trust this installation. */
export interface InstallationAnswer {
  caFingerprint: string;
  gatewayUrl: string;
  gatewayNames: string[];
}
