/**
 * Says which operations may run at the same time, and which of them a failover ends. The database enforces the same rule when an operation
 * begins (migration 20261201031000); see docs/decisions/0023.
 */
import { ageMs } from '../time/age.ts';
import type { Lane } from './kind.ts';
import { CHOSEN } from './model.ts';
import type { OperationKind, OperationState, Plan } from './model.ts';
import type { PlanningInput } from './plan/inputs.ts';

/** The nodes that an operation needs. What waits for approval or for its start occupies none. */
export interface Needs {
  /** Nobody else may act on these. `null` = every node of the cluster: it was begun by a release that did not say. */
  has: readonly string[] | null;
  /** These must stay as they are, such as the node that a copy is made from. Others may rely on them too. */
  reliesOn: readonly string[];
}
export type Claim = Needs & { lane: Lane };

/** An operation of the cluster that has not ended. */
export interface UnderWay extends Claim {
  id: string;
  kind: OperationKind;
  state: OperationState;
  /** Nodes whose agents have a command of it and have not answered. */
  waitsFor: readonly string[];
}

const BEGUN: readonly OperationState[] = ['running', 'rolling-back', 'held'];
export const hasBegun = ({ state }: Pick<UnderWay, 'state'>): boolean => BEGUN.includes(state);

/** True if both can't run at once. A drill works on copies: it is in the way of drills only. */
export function isInTheWay(one: Claim, other: Claim): boolean {
  if ((one.lane === 'drill') !== (other.lane === 'drill')) return false;
  if (one.lane === 'leadership' && other.lane === 'leadership') return true;
  return needsOf(one, other) || needsOf(other, one);
}

function needsOf({ has }: Claim, other: Claim): boolean {
  if (has === null || other.has === null) return true;
  return has.some((name) => other.has?.includes(name) === true || other.reliesOn.includes(name));
}

/** All nodes whose agents get a command, in undos too. Of a failover, also the candidates. */
export function nodesOfSteps({ steps }: Plan): string[] {
  const actions = steps.flatMap(({ action, undo }) => [action, undo]);
  return [...new Set(actions.flatMap((action) => (action?.by === 'agent' && action.node !== CHOSEN ? [action.node] : [])))].toSorted();
}

/** These for itself; whatever else its steps ask, it relies on. */
export function needs(plan: Plan, ...has: (string | null)[]): Needs {
  const own = has.filter((name) => name !== null);
  return { has: own, reliesOn: nodesOfSteps(plan).filter((name) => !own.includes(name)) };
}

/** Agents report each second; one that is older does not answer. */
const SEEN_MS = 5_000;

export interface Occupancy {
  /** It can't begin while these are under way. */
  inTheWay: UnderWay[];
  /** It ends these when it begins. */
  takenOver: UnderWay[];
}

/**
 * `takesOver`: an emergency ends what stands in its way: operations on nodes that it needs, and one of its own lane that is held or waits for
 * a node that is gone. One that proceeds as it should is not ended: it may be done in a moment, or be cancelled.
 */
export function occupancyOf(claim: Claim, takesOver: boolean, input: PlanningInput): Occupancy {
  const found = input.underWay.filter((other) => hasBegun(other) && isInTheWay(claim, other));
  const isStuck = (other: UnderWay) => other.state === 'held' || other.waitsFor.some((name) => isGone(name, input));
  const mayEnd = (other: UnderWay) => takesOver && (other.lane !== 'leadership' || isStuck(other));
  return { inTheWay: found.filter((other) => !mayEnd(other)), takenOver: found.filter(mayEnd) };
}

/** Its agent does not report: what waits for it may wait for ever. */
export function isGone(name: string, { nodes, nowMs }: Pick<PlanningInput, 'nodes' | 'nowMs'>): boolean {
  const age = ageMs(nodes.find((node) => node.name === name)?.observedAtMs ?? null, nowMs);
  return age === null || age > SEEN_MS;
}
