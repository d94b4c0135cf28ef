/** The check that nothing else is under way on the nodes that an operation needs, and the risk of ending what is. */
import { hasBegun } from '../lanes.ts';
import type { Occupancy, UnderWay } from '../lanes.ts';
import type { Check } from '../model.ts';
import type { PlanningInput } from '../plan/inputs.ts';
import type { Risk } from '../risks.ts';
import { check } from './check-making.ts';

export function occupancyCheck({ inTheWay, takenOver }: Occupancy, { underWay }: PlanningInput): Check {
  const about = { id: 'no-other-operation', title: 'No other operation is in the way', threshold: 'none on these nodes' };
  const told = (all: readonly UnderWay[]) => all.map(({ kind, state }) => `a ${kind} is ${state}`).join(', ');
  if (inTheWay.length > 0) return check(about, 'fail', told(inTheWay), 'Wait until it has ended, or cancel it.');
  if (takenOver.length > 0) {
    const mend = 'It is ended where it stands when this begins. Its page says what it has done until then; nothing of it is rolled back.';
    return check(about, 'warn', told(takenOver), mend);
  }
  const waiting = underWay.filter((one) => !hasBegun(one));
  return check(about, 'pass', waiting.length === 0 ? 'none' : `none; ${told(waiting)}`, '');
}

/** Once for each operation that is ended: its loss and leftovers are now this one's. */
export const takeOverRisk = ({ id, kind }: Pick<UnderWay, 'id' | 'kind'>): Risk => ({
  ...{ code: 'operation-taken-over', values: { operation: id, kind } },
  sentence: `The ${kind} that is under way (${id.slice(0, 8)}) is ended where it stands. What it was to prevent, such as a loss, may happen.`,
});
