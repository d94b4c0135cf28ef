/**
 * Lists risks to acknowledge by name before an operation: a code with values, so that agreements compare in any wording. No measured figure
 * is in it; figures are in the outlook's loss.
 */
export interface Risk {
  code: string;
  values: Readonly<Record<string, string>>;
  /** Shown beside the tick box. */
  sentence: string;
}

/** As a caller gives it back: with its code, or (for one release) as the sentence. */
export type Acknowledged = string | Pick<Risk, 'code' | 'values'>;

export const isAcknowledged = (risk: Risk, given: readonly Acknowledged[]): boolean =>
  given.some((one) => (typeof one === 'string' ? one === risk.sentence || one === sentenceBefore(risk) : isSameRisk(one, risk)));

export function isSameRisk(a: Pick<Risk, 'code' | 'values'>, b: Pick<Risk, 'code' | 'values'>): boolean {
  const names = Object.keys(a.values);
  return a.code === b.code && names.length === Object.keys(b.values).length && names.every((name) => a.values[name] === b.values[name]);
}

/** The sentences of release 0.1.0, whose clients repeat them word for word. To be removed with the release after the next. */
const BEFORE: Readonly<Record<string, string>> = {
  'unacknowledged-writes-lost': 'What was written on {node} and no synchronous standby acknowledged is lost.',
  'rows-lost': 'Rows that {node} acknowledged and no standby has received are lost.',
  'standby-left-out': '{node} is left out: what it alone has received is lost.',
  'fence-unproven': '{node} is off: I state it, and Farshore has no proof.',
  'slot-dropped': 'Whoever reads through {slot} may need a new base backup.',
  'directory-overwritten': 'The data directory of {node} is overwritten; what only it has is kept as a loss ledger.',
};

const sentenceBefore = ({ code, values }: Risk): string | null =>
  BEFORE[code]?.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '') ?? null;
