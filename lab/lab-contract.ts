/** Defines what `startLab` takes and gives: the contract for the demo, tests and benches. */
import type { Client } from 'pg';
import type { Address } from './addresses.ts';
import type { LabNode } from './lab-node.ts';
import type { ProberReport } from './prober.ts';
import type { ProberProcess } from './prober-process.ts';
import type { LabStatus } from './status.ts';
import type { KillTarget, Told } from './told.ts';
import type { FillOptions } from './wal-fill.ts';

export interface LabOptions {
  dir: string;
  /** Such as `127.77`. Without it the first free range is taken. */
  addressRange?: string;
  /** Slugs; all when left out. */
  clusters?: readonly string[];
  /** Only the nodes in these regions; all when left out. */
  regions?: readonly string[];
  workloadTps?: number;
  /** Aborting it while the lab starts takes it down again; afterwards use `stopAll`. */
  signal?: AbortSignal;
  log?: (line: string) => void;
  /** Called when it does not come up, with the directory that is about to be removed. */
  onFailedStart?: (root: string) => void;
}

export interface ProberOptions {
  via?: 'pooler' | 'direct';
  /** Another way to the primary, such as a load balancer. */
  at?: Address;
  /** Whom a direct prober knows; all nodes of the cluster when left out. */
  nodes?: readonly string[];
  intervalMs?: number;
  /** A commit or connection that takes longer counts as failed; default 5 s, on a slow machine more. */
  answerDeadlineMs?: number;
}

export interface LabEndpoint {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
}

export interface LabCluster {
  slug: string;
  name: string;
  jurisdictions: readonly string[];
  endpoint: LabEndpoint;
  rpoObjectiveSeconds: number;
  rtoObjectiveSeconds: number;
  approvalsRequired: number;
}

export interface Lab {
  /** Where it runs; not always the directory asked for (see `directory.ts`). */
  dir: string;
  addressRange: string;
  nodes: LabNode[];
  clusters: LabCluster[];
  caPem: string;
  /** Settles when the first full backup of each cluster is done or has failed (then `status()` says why). */
  firstBackups: Promise<void>;
  startAgent(node: string, options: { controllerUrl: string; joinToken: string }): Promise<void>;
  /** Starts the agent of a node again that was killed or killed itself. @param environment such as a fault point, for this start only. */
  startAgentAgain(node: string, environment?: Record<string, string>): Promise<void>;
  /** A client of its own that commits a numbered row every 10 ms, through the pooler or directly to whichever node is writable. */
  startProber(cluster: string, options?: ProberOptions): Promise<ProberProcess>;
  /** Rows acknowledged to a prober that this node does not have. */
  lostRows(node: string, report: ProberReport): Promise<{ count: number; first: number[] }>;
  status(): Promise<LabStatus>;
  kill(node: string, what?: KillTarget): Promise<Told>;
  /** Stands for a cloud's API told to power a machine off. */
  fence(cluster: string, node: string): Promise<Told>;
  freeze(node: string): Promise<Told>;
  thaw(node: string): Promise<Told>;
  stop(node: string): Promise<Told>;
  start(node: string): Promise<Told>;
  /** A new, empty host in the place of the old one. @throws for the primary. */
  wipe(node: string): Promise<Told>;
  cut(a: string, b: string, options?: { oneWay?: boolean }): Promise<Told>;
  delay(a: string, b: string, rttMs: number): Promise<Told>;
  throttle(a: string, b: string, bitsPerSecond: number): Promise<Told>;
  reset(a: string, b: string): Promise<Told>;
  fillWal(node: string, options?: FillOptions): Promise<Told>;
  breakArchive(node: string): Promise<Told>;
  breakReceiver(node: string): Promise<Told>;
  idle(cluster: string): Promise<Told>;
  load(cluster: string, tps: number): Promise<Told>;
  heal(): Promise<Told>;
  stopAll(): Promise<void>;
  /** A connection over the node's unix socket, as superuser of database `postgres` unless told otherwise. The caller ends it. */
  connect(node: string, options?: { user?: string; database?: string }): Promise<Client>;
}
