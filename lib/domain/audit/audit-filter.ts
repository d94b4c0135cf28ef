/** Reads and writes the filter of the audit log in the page's address. */
import { AUDIT_OUTCOMES } from './listing.ts';
import type { AuditFilter } from './listing.ts';

type Params = Readonly<Record<string, string | string[] | undefined>>;
const LONGEST_TEXT_CHARACTERS = 200;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TEXTS = ['actor', 'action', 'subject'] as const;

/** Days as people choose them, in UTC; the last day counts whole. */
export interface AuditChoice extends Pick<AuditFilter, 'actor' | 'action' | 'subject' | 'outcome'> {
  fromDay: string | null;
  toDay: string | null;
}

export function parseAuditChoice(params: Params): AuditChoice {
  const one = (key: string): string | null => {
    const value = params[key];
    return typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT_CHARACTERS && !value.includes('\0') ? value : null;
  };
  const day = (key: string) => {
    const value = one(key);
    return value !== null && DAY.test(value) && !Number.isNaN(Date.parse(value)) ? value : null;
  };
  return {
    actor: one('actor'),
    action: one('action'),
    subject: one('subject'),
    outcome: AUDIT_OUTCOMES.find((outcome) => outcome === one('outcome')) ?? null,
    fromDay: day('from'),
    toDay: day('to'),
  };
}

export function auditQuery(choice: AuditChoice): string {
  const query = new URLSearchParams();
  for (const key of TEXTS) if (choice[key] !== null) query.set(key, choice[key]);
  if (choice.outcome !== null) query.set('outcome', choice.outcome);
  if (choice.fromDay !== null) query.set('from', choice.fromDay);
  if (choice.toDay !== null) query.set('to', choice.toDay);
  return query.size === 0 ? '' : `?${query}`;
}

const DAY_MS = 24 * 3_600_000;

export function auditFilterOf({ fromDay, toDay, ...texts }: AuditChoice): AuditFilter {
  return {
    ...texts,
    from: fromDay === null ? null : new Date(Date.parse(fromDay)).toISOString(),
    to: toDay === null ? null : new Date(Date.parse(toDay) + DAY_MS).toISOString(),
  };
}

/** As the API is asked. */
export function filterQuery(filter: AuditFilter): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) if (typeof value === 'string') query.set(key, value);
  return query.size === 0 ? '' : `?${query}`;
}
