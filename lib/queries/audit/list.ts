/** Lists audit events: who did what, when, why and with what outcome. */
import { listAuditEvents } from '../../db/records/audit-events.ts';
import type { AuditRow } from '../../db/records/audit-events.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import { AUDIT_OUTCOMES } from '../../domain/audit/listing.ts';
import type { AuditAnswer, AuditEntry, AuditFilter } from '../../domain/audit/listing.ts';
import { withInertText } from '../../domain/format/inert-text.ts';
import { authorisedClusters } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';

const ENTRIES_LISTED = 100;
const TEXT_LENGTH_MAX = 200;
const SEQUENCE = /^[1-9]\d{0,17}$/;

export const NO_AUDIT_FILTER: AuditFilter = { actor: null, action: null, subject: null, outcome: null, from: null, to: null };

/** Newest first; of somebody who reads single clusters only, the events about these. `cursor` is from the answer before; one that can't be read begins with the newest. */
export async function readAudit(
  actor: Actor,
  filter: AuditFilter = NO_AUDIT_FILTER,
  cursor: string | null = null,
  nowMs: number = Date.now(),
  db: Queryable = webDatabase(),
): Promise<AuditAnswer> {
  const clusters = authorisedClusters(actor, 'audit.read');
  const beforeSequence = cursor !== null && SEQUENCE.test(cursor) ? cursor : null;
  const rows = await listAuditEvents(db, { ...filter, clusters, beforeSequence, limit: ENTRIES_LISTED + 1 });
  const shown = rows.slice(0, ENTRIES_LISTED);
  return {
    serverTime: new Date(nowMs).toISOString(),
    entries: shown.map(auditEntry),
    cursor: rows.length > ENTRIES_LISTED ? (shown.at(-1)?.sequence.toString() ?? null) : null,
  };
}

export type ParsedAuditFilter = { ok: true; value: AuditFilter } | { ok: false; reasons: string[] };

/** The filter as an address carries it: `?actor=&action=&subject=&outcome=&from=&to=`. What is not understood is refused. */
export function parseAuditFilter(query: URLSearchParams): ParsedAuditFilter {
  const reasons: string[] = [];
  const text = (name: string): string | null => {
    const value = (query.get(name) ?? '').trim();
    if (value.length > TEXT_LENGTH_MAX) reasons.push(`${name} has more than ${TEXT_LENGTH_MAX} characters.`);
    if (value.includes('\0')) reasons.push(`${name} holds a character that no text has.`);
    return value === '' ? null : value;
  };
  const instant = (name: string): string | null => {
    const value = text(name);
    if (value === null) return null;
    const atMs = Date.parse(value);
    if (Number.isNaN(atMs) || Math.abs(atMs) > DATE_MAX_MS) reasons.push(`${name} is an instant such as 2026-11-21T03:00:00Z.`);
    else return new Date(atMs).toISOString();
    return null;
  };
  const outcome = text('outcome');
  if (outcome !== null && !(AUDIT_OUTCOMES as readonly string[]).includes(outcome)) {
    reasons.push(`There is no outcome “${outcome}”: ${AUDIT_OUTCOMES.join(', ')}.`);
  }
  const value = {
    actor: text('actor'),
    action: text('action'),
    subject: text('subject'),
    outcome,
    from: instant('from'),
    to: instant('to'),
  };
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, value };
}

/** Year 9999: beyond it PostgreSQL and JavaScript write years differently. */
const DATE_MAX_MS = Date.UTC(9999, 11, 31);

function auditEntry({ sequence, at, body, ...row }: AuditRow): AuditEntry {
  const particulars = parseBody(body);
  return withInertText({ ...row, sequence: sequence.toString(), at: at.toISOString(), why: whyOf(particulars), body: particulars });
}

/** A recorded body stays readable even if it has an unexpected form. */
function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function whyOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  if ('reason' in body && typeof body.reason === 'string') return body.reason;
  if (!('reasons' in body) || !Array.isArray(body.reasons)) return null;
  const sentences = body.reasons.filter((reason) => typeof reason === 'string');
  return sentences.length === 0 ? null : sentences.join(' ');
}
