/** Where the crash matrix kills: every step of a plan before, after it was sent and after it was done, and every agent at each point of its verb. */
import type { Plan } from '../../lib/domain/operation/model.ts';
import { CHOSEN } from '../../lib/domain/operation/model.ts';
import { Chance } from '../simulator/random.ts';

export type FaultCase =
  | { who: 'controller'; step: string; moment: 'before' | 'sent' | 'after' }
  | { who: 'agent'; node: string; verb: string; point: 'before' | 'during' | 'after' | 'sent' };

const MOMENTS = ['before', 'sent', 'after'] as const;
const POINTS = ['before', 'during', 'after', 'sent'] as const;
/** Performers that have a middle where dying leaves something behind. */
const VERBS_WITH_MIDDLE: readonly string[] = ['rewind', 'restore', 'clone'];

export function describeCase(fault: FaultCase): string {
  return fault.who === 'controller'
    ? `controller at ${fault.step}:${fault.moment}`
    : `agent of ${fault.node} at ${fault.verb}:${fault.point}`;
}

/** @param chosen the node that stands for the candidate of a failover. */
export function faultCases(plan: Plan, chosen: string): FaultCase[] {
  const ofController = plan.steps.flatMap(({ id }) => MOMENTS.map((moment): FaultCase => ({ who: 'controller', step: id, moment })));
  const asked = plan.steps.flatMap(({ action }) =>
    action.by === 'agent' ? [{ node: action.node === CHOSEN ? chosen : action.node, verb: action.command.verb }] : [],
  );
  const distinct = asked.filter((one, index) => asked.findIndex((other) => other.node === one.node && other.verb === one.verb) === index);
  const ofAgents = distinct.flatMap(({ node, verb }) =>
    POINTS.filter((point) => point !== 'during' || VERBS_WITH_MIDDLE.includes(verb)).map((point): FaultCase => ({
      who: 'agent',
      node,
      verb,
      point,
    })),
  );
  return [...ofController, ...ofAgents];
}

/** The same sample for the same seed. */
export function sampleOf<T>(items: readonly T[], count: number, seed: number): T[] {
  const chance = new Chance(seed);
  const left = [...items];
  const taken: T[] = [];
  while (taken.length < count && left.length > 0) taken.push(...left.splice(chance.between(0, left.length - 1), 1));
  return taken;
}
