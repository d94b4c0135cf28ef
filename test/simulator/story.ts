/** Defines the input of a simulator run. */
import type { Plan, Run } from '../../lib/domain/operation/model.ts';
import type { Bug } from './bugs.ts';

/** The rule by which the controller chooses a candidate; `null` = nobody may. */
export type Chooser = (plan: Plan, run: Run, bug: Bug | null) => string | null;

/** The servers at the beginning. */
export interface ClusterShape {
  slug: string;
  primary: string;
  term: number;
  nodes: readonly { name: string; upstream: string | null }[];
  /** A former primary that is down, with WAL that nobody else has; the others are on the next timeline. */
  returning?: string;
  synchronous: { required: number; standbys: readonly string[] } | null;
}

/** How much goes wrong. Probabilities are of one message or one point; counts of a whole run. */
export interface Weather {
  lose: number;
  repeat: number;
  delayMaxMs: number;
  crashPoint: number;
  crashesMax: number;
  /** The primary's server dies at a random moment. */
  primaryDies: boolean;
  /** A link between two servers is cut for a while. */
  linkCut: boolean;
  cancels: boolean;
  /** The old primary's host comes back unasked and starts its server as its directory says. */
  hostReturns: boolean;
}
