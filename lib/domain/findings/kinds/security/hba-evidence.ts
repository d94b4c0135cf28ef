/** Puts a line of pg_hba.conf into the evidence of a finding. */
import type { HbaRule } from '../../../../agent-contract/facts.ts';
import { text, count } from '../../evidence-values.ts';
import type { Evidence } from '../../model.ts';

/** A file with more bad lines than this gets its first ones reported; the rest follows as those are fixed. */
export const HBA_LINES_MAX = 8;

export function lineEvidence(rule: HbaRule): Record<string, Evidence> {
  return {
    line: count(rule.lineNumber),
    type: text(rule.type),
    databases: text(rule.databases.join(', ')),
    users: text(rule.users.join(', ')),
    address: text(rule.netmask === null ? rule.address : `${rule.address} ${rule.netmask}`),
    method: text(rule.method),
  };
}
