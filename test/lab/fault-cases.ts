/** Where the crash matrix kills: every step of a plan before, after it was sent and after it was done, and every agent at each point of its verb. */
import type { Plan } from '../../lib/domain/operation/model.ts';
import { CHOSEN } from '../../lib/domain/operation/model.ts';
import type { Share } from '../extent.ts';

export type FaultCase =
  | { who: 'controller'; step: string; moment: 'before' | 'sent' | 'after' }
  | { who: 'agent'; node: string; verb: string; point: 'before' | 'during' | 'after' | 'sent' };

/** A reversion by rewind; `restore` when no rewind is possible, `re-clone` when it is asked for. */
export type FaultKind = 'switchover' | 'failover' | 'reversion' | 'restore' | 're-clone';

/** Five cases a run; the two rare ways of a reversion take turns. */
export const SHARES: Readonly<Record<FaultKind, Share>> = {
  switchover: { count: 2, everyDays: 1, onDay: 0 },
  failover: { count: 1, everyDays: 1, onDay: 0 },
  reversion: { count: 1, everyDays: 1, onDay: 0 },
  restore: { count: 1, everyDays: 2, onDay: 0 },
  're-clone': { count: 1, everyDays: 2, onDay: 1 },
};
/** The points that belong to one way of a reversion are looked at where that way is gone. */
const POINTS_OF: Partial<Record<FaultKind, (point: string) => boolean>> = {
  reversion: (point) => !/restore|clone/.test(point),
  restore: (point) => point.includes('restore'),
  're-clone': (point) => /clone|start-standby|see-streaming/.test(point),
};

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
export function faultCases(kind: FaultKind, plan: Plan, chosen: string): FaultCase[] {
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
  return [...ofController, ...ofAgents].filter((fault) => POINTS_OF[kind]?.(describeCase(fault)) ?? true);
}
