/** The hash that approvals are bound to: SHA-256 over what a plan does, as RFC 8785 JSON. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Plan } from '../domain/operation/model.ts';
import { boundPart } from '../domain/operation/plan/bound.ts';

/** `body` is what is stored: the whole plan, with its words. */
export function sealPlan(plan: Plan): { body: string; hash: string } {
  return {
    body: canonical(plan),
    hash: createHash('sha256')
      .update(canonical(boundPart(plan)))
      .digest('hex'),
  };
}

function canonical(value: object): string {
  const text = canonicalize(JSON.parse(JSON.stringify(value)));
  if (text === undefined) throw new TypeError('A plan that is not JSON cannot be hashed.');
  return text;
}
