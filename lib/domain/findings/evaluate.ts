/** All rules over one cluster, once. */
import type { Topology } from '../topology/assemble.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import type { Rpo } from '../topology/model.ts';
import { ARCHIVE_RULES } from './archive.ts';
import { findingKey } from './hysteresis.ts';
import type { FindingCandidate } from './model.ts';
import { isObservable } from './observability.ts';
import { PARITY_RULES } from './parity.ts';
import { POLICY_RULES } from './policy.ts';
import { ROLE_RULES } from './roles.ts';
import type { Rule } from './rule.ts';
import { ruleContext } from './rule.ts';
import { SECURITY_RULES } from './security.ts';
import { SLOT_AND_DISK_RULES } from './slots-and-disk.ts';
import { STREAMING_RULES } from './streaming.ts';

export const RULES: readonly Rule[] = [
  ...ROLE_RULES,
  ...STREAMING_RULES,
  ...SLOT_AND_DISK_RULES,
  ...ARCHIVE_RULES,
  ...SECURITY_RULES,
  ...PARITY_RULES,
  ...POLICY_RULES,
];

/**
 * What is wrong now, before hysteresis. An open finding of `input.openFindings` whose evidence can't be seen now is repeated
 * as `held`, so that silence does not resolve it.
 */
export function evaluateFindings(input: ClusterInput, topology: Topology, rpo: Rpo, nowMs: number): FindingCandidate[] {
  const context = ruleContext(input, topology, rpo, nowMs);
  const said = RULES.flatMap((rule) => rule.evaluate(context));
  const saidKeys = new Set(said.map(findingKey));
  const held = input.openFindings
    .filter((finding) => !saidKeys.has(findingKey(finding)) && !isObservable(finding, context))
    .map(({ code, severity, nodeName, subject, summary, evidence }): FindingCandidate => {
      return { code, severity, nodeName, subject, summary, evidence, held: true };
    });
  return [...said, ...held];
}
