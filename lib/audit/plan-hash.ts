/** The hash that approvals are bound to: SHA-256 over the plan as RFC 8785 JSON. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Plan } from '../domain/operation/model.ts';

/** `body` is what is stored, and what anybody can hash again. */
export function sealPlan(plan: Plan): { body: string; hash: string } {
  const body = canonicalize(JSON.parse(JSON.stringify(plan)));
  if (body === undefined) throw new TypeError('A plan that is not JSON can not be hashed.');
  return { body, hash: createHash('sha256').update(body).digest('hex') };
}
