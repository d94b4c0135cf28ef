/** Lists the screens in the order of their navigation, a line each. A new screen is its module and its line here (decision 0031). */
import { about } from './list/about.ts';
import { archive } from './list/archive.ts';
import { audit } from './list/audit.ts';
import { clusterOperations } from './list/cluster-operations.ts';
import { findings } from './list/findings.ts';
import { nodes } from './list/nodes.ts';
import { operations } from './list/operations.ts';
import { overview } from './list/overview.ts';
import { registeredClusters } from './list/registered-clusters.ts';
import { retention } from './list/retention.ts';
import { settings } from './list/settings.ts';
import { slots } from './list/slots.ts';
import { tokens } from './list/tokens.ts';
import { topology } from './list/topology.ts';
import { users } from './list/users.ts';

export const SCREENS = [
  overview,
  findings,
  operations,
  audit,
  settings,
  topology,
  slots,
  archive,
  nodes,
  clusterOperations,
  registeredClusters,
  users,
  tokens,
  retention,
  about,
] as const;

export type ScreenName = (typeof SCREENS)[number]['name'];
