/** A node as the lab holds it while it runs. */
import type { Site } from './fleet.ts';
import type { NodeSpec } from './fleet.ts';
import type { PostgresServer } from './postgres-server.ts';
import type { NodePaths } from './node-paths.ts';

/** The public description of a node. */
export interface LabNode {
  name: string;
  cluster: string;
  site: Site;
  host: string;
  port: number;
  healthPort: number;
  dataDir: string;
  agentDir: string;
  osUser: string;
  socketDir: string;
}

export interface RunningNode {
  spec: NodeSpec;
  paths: NodePaths;
  server: PostgresServer;
  /** Why its WAL is not on a volume of its own though the fleet says so; `null` = as the fleet says. */
  walVolumeProblem: string | null;
}
