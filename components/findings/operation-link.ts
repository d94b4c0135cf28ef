/** Links a finding to the plan that is its next safe action, where there is one. Pure. */
import type { Finding } from '../../lib/domain/findings/model.ts';
import { isKind, kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';

export interface OperationLink {
  label: string;
  href: string;
}

/** `null` = no operation fixes this. */
export function operationLink({ nextOperation }: Pick<Finding, 'nextOperation'>, slug: string): OperationLink | null {
  const kind = nextOperation?.kind ?? '';
  // A view of the next release may name a kind that this one does not have.
  return nextOperation === null || !isKind(kind)
    ? null
    : { label: kindOf(kind).words.link, href: planPath(slug, { ...nextOperation, kind }) };
}
