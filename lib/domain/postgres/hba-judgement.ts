/** Judges a line of pg_hba.conf: too many addresses, or a weak method. */
import type { HbaRule } from '../../agent-contract/facts.ts';
import { isLoopbackRange, networkPrefix } from './hba-address.ts';

/** Wider than this is no longer "our subnet". */
const PREFIX_MIN = { ipv4: 16, ipv6: 48 };

/** Counts where it matters most: replication, or any user at all. A `reject` line narrows; it can't be too wide. */
export function isTooWide(rule: HbaRule): boolean {
  if (rule.type === null || !rule.type.startsWith('host') || rule.method === 'reject' || rule.address === null) return false;
  if (!rule.databases.includes('replication') && !rule.users.includes('all')) return false;
  if (rule.address === 'all') return true;
  if (isLoopbackRange(rule.address, rule.netmask)) return false;
  const prefix = networkPrefix(rule.address, rule.netmask);
  return prefix !== null && prefix.bits < PREFIX_MIN[prefix.family];
}

export const WEAK_METHODS: Record<string, string> = {
  md5: 'md5 hashes can be replayed and cracked',
  password: 'the password is sent in clear text',
  trust: 'no password is required',
};

/** Anyone who can reach the socket directory is on the machine already: worth knowing, not worth waking a person. */
export function weakSeverity({ type, method }: HbaRule): 'critical' | 'warning' | 'info' {
  return type === 'local' ? 'info' : method === 'trust' ? 'critical' : 'warning';
}

export function isWeak({ type, method }: HbaRule): boolean {
  if (method === null || WEAK_METHODS[method] === undefined) return false;
  return type === 'local' ? method === 'trust' : (type?.startsWith('host') ?? false);
}

/** The problems of a line by the same rules as the findings, for a page that lists all lines. Empty: none known. */
export function hbaLineProblems(
  rule: HbaRule,
): { problem: 'too-wide' | 'weak-method'; severity: 'critical' | 'warning' | 'info'; text: string }[] {
  const problems: ReturnType<typeof hbaLineProblems> = [];
  if (isTooWide(rule)) {
    const what = rule.databases.includes('replication') ? 'copy the database' : 'log in as any user';
    problems.push({ problem: 'too-wide', severity: 'warning', text: `Far more addresses than those of its peers may ${what}.` });
  }
  if (isWeak(rule))
    problems.push({ problem: 'weak-method', severity: weakSeverity(rule), text: `${rule.method}: ${WEAK_METHODS[rule.method ?? '']}.` });
  return problems;
}
