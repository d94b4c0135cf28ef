/** Defines a planner's result: its own parts of a plan, or why there is no such plan. */
import type { PlannedTopology, Step } from '../model.ts';

export type Planned =
  | { summary: string; after: PlannedTopology; steps: Step[]; pointOfNoReturn: number | null }
  /** Sentences that name the thing and say what to do instead. */
  | { impossible: string[] };

export const impossible = (...sentences: string[]): Planned => ({ impossible: sentences });

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? 'nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
