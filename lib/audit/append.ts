/** Writing the audit log. An event is part of the caller's transaction: when it can't be written, the action does not happen. */
import canonicalize from 'canonicalize';
import { jsonText, storableText } from '../db/ground/json-batch.ts';
import type { Queryable } from '../db/ground/pool.ts';
import { appendAuditEvent } from '../db/records/audit-events.ts';
import type { Actor } from '../domain/policy/permissions.ts';

/** How it went: `done`, `denied` (no permission), `refused` (allowed, but not possible), `started` and `failed` of longer work. */
export type AuditOutcome = 'done' | 'denied' | 'refused' | 'started' | 'failed';

export interface AuditEntry {
  at: Date;
  /** As `actorLabel` writes it. */
  actor: string;
  /** `subject.verb`, such as `node.register`. */
  action: string;
  /** The object, by name. */
  subject: string;
  outcome: AuditOutcome;
  /** Details as JSON. No secret belongs here. */
  body: Readonly<Record<string, unknown>>;
}

/** One word for who did it: `user:mail`, `token:name` or `system:process`. */
export function actorLabel(actor: Actor): string {
  switch (actor.kind) {
    case 'user':
      return `user:${actor.email}`;
    case 'apiToken':
      return `token:${actor.name}`;
    case 'system':
      return `system:${actor.process}`;
  }
}

/**
 * Appends an event to the chain and returns its sequence number. Needs a transaction at READ COMMITTED, which then holds the chain's
 * lock until it ends: append last.
 */
export async function appendAudit(client: Queryable, entry: AuditEntry): Promise<bigint> {
  // By way of JSON: dates become text, what is undefined goes, and half a surrogate pair, which RFC 8785 refuses, is replaced.
  const body = canonicalize(JSON.parse(jsonText(entry.body)));
  if (body === undefined) throw new TypeError(`The audit event ${entry.action} has a body that is not JSON.`);
  return appendAuditEvent(client, {
    at: entry.at,
    actor: storableText(entry.actor),
    action: storableText(entry.action),
    subject: storableText(entry.subject),
    outcome: entry.outcome,
    body,
  });
}
