/** Evaluates all rules over one cluster, once. */
import type { Topology } from '../topology/assemble.ts';
import type { ClusterInput } from '../topology/inputs.ts';
import type { Rpo } from '../topology/model.ts';
import { findingKey } from './hysteresis.ts';
import type { FindingCandidate } from './model.ts';
import { FINDING_KINDS, findingKind } from './registry.ts';
import { ruleContext } from './rule.ts';

/**
 * Runs all rules, before hysteresis. An open finding whose evidence can't be seen now is repeated as `held`: silence does not resolve it.
 */
export function evaluateFindings(input: ClusterInput, topology: Topology, rpo: Rpo, nowMs: number): FindingCandidate[] {
  const context = ruleContext(input, topology, rpo, nowMs);
  const said = FINDING_KINDS.flatMap(({ code, rule }) => rule(context).map((one): FindingCandidate => ({ code, ...one })));
  const saidKeys = new Set(said.map(findingKey));
  const held = input.openFindings
    .filter((finding) => !saidKeys.has(findingKey(finding)) && !findingKind(finding.code).isObservable(finding, context))
    .map(({ code, severity, nodeName, subject, summary, evidence }): FindingCandidate => {
      return { code, severity, nodeName, subject, summary, evidence, held: true };
    });
  return [...said, ...held];
}
