/** Reads an objective as it is typed: an amount and a unit. */

export const OBJECTIVE_UNITS = [
  { value: 's', label: 'seconds', seconds: 1 },
  { value: 'min', label: 'minutes', seconds: 60 },
  { value: 'h', label: 'hours', seconds: 3_600 },
] as const;
export type ObjectiveUnit = (typeof OBJECTIVE_UNITS)[number]['value'];

/** In the largest unit that says it exactly; `null` is an empty amount. */
export function objectiveParts(seconds: number | null): { amount: string; unit: ObjectiveUnit } {
  if (seconds === null) return { amount: '', unit: 's' };
  const unit = OBJECTIVE_UNITS.findLast((candidate) => seconds > 0 && seconds % candidate.seconds === 0) ?? OBJECTIVE_UNITS[0];
  return { amount: String(seconds / unit.seconds), unit: unit.value };
}

/** Seconds; `null` for none; a sentence when it can't be read. */
export function objectiveSeconds(amount: string, unit: string): number | null | string {
  const text = amount.trim();
  if (text === '') return null;
  const factor = OBJECTIVE_UNITS.find(({ value }) => value === unit)?.seconds;
  if (!/^\d{1,9}$/.test(text) || factor === undefined) return 'An objective is a whole number, or empty for none.';
  return Number(text) * factor;
}
