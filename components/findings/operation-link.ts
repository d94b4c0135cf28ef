/** Links a finding to the plan that is its next safe action, where there is one. Pure. */
import type { Finding } from '../../lib/domain/findings/model.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';

export interface OperationLink {
  label: string;
  href: string;
}

/** `null` = no operation fixes this. */
export function operationLink({ nextOperation }: Pick<Finding, 'nextOperation'>, slug: string): OperationLink | null {
  return nextOperation === null ? null : { label: kindOf(nextOperation.kind).words.link, href: planPath(slug, nextOperation) };
}
