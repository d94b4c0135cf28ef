/** Counts the people who must approve an operation. The database computes the same when it is requested. */
import type { ClusterPolicy } from './cluster-policy.ts';

/** Others than the requester, by the kind of the operation. */
export function approvalsFor(policy: Pick<ClusterPolicy, 'approvalsRequired' | 'approvalsByKind'>, kind: string): number {
  return Object.hasOwn(policy.approvalsByKind, kind) ? policy.approvalsByKind[kind]! : policy.approvalsRequired;
}
