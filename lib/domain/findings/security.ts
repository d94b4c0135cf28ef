/** Rules about encryption, certificates and who may log in. */
import type { HbaRule } from '../../agent-contract/facts.ts';
import { formatDuration } from '../format/duration.ts';
import { isLoopbackRange, networkPrefix } from '../postgres/hba-address.ts';
import type { Evidence, FindingCandidate } from './model.ts';
import type { Rule } from './rule.ts';
import { factsRule, nodeRule } from './rule.ts';

const DAY_MS = 24 * 3_600_000;
const CERTIFICATE_WARNING_MS = 30 * DAY_MS;
const CERTIFICATE_CRITICAL_MS = 7 * DAY_MS;
/** Agents' certificates live a week and renew themselves at half of it: only a failed renewal comes this near. */
const AGENT_CERTIFICATE_WARNING_MS = DAY_MS;
/** Wider than this is no longer "our subnet". */
const PREFIX_MIN = { ipv4: 16, ipv6: 48 };
/** AES-128 and better. */
const CIPHER_BITS_MIN = 128;
/** A file with more bad lines than this gets its first ones reported; the rest follows as those are mended. */
const HBA_LINES_MAX = 8;

const text = (value: string | null): Evidence => ({ kind: 'text', value });
const count = (value: number | null): Evidence => ({ kind: 'count', value });

const tlsOff: Rule = {
  code: 'tls-off',
  evaluate: ({ topology, sightings }) =>
    topology.links
      .filter(({ encrypted, from, to }) => encrypted === false && crossesNetwork(sightings.get(from)?.live?.downstreams, to))
      .map(({ from, to }): FindingCandidate => {
        return {
          code: 'tls-off',
          severity: 'critical',
          nodeName: to,
          subject: from,
          summary: `The stream from ${from} to ${to} is not encrypted.`,
          evidence: { upstream: text(from) },
        };
      }),
};

/** A stream over a Unix socket has no client address and needs no TLS. */
function crossesNetwork(
  downstreams: readonly { applicationName: string; clientAddress: string | null }[] | undefined,
  to: string,
): boolean {
  return downstreams?.some((row) => row.applicationName === to && row.clientAddress !== null) ?? false;
}

const tlsBelow13 = nodeRule('tls-below-1-3', ({ name, live }, { sightings }) =>
  (live?.downstreams ?? []).flatMap((row) => {
    if (row.tls === null || !sightings.has(row.applicationName)) return [];
    const isOld = row.tls.version !== 'TLSv1.3';
    if (!isOld && row.tls.bits >= CIPHER_BITS_MIN) return [];
    return [
      {
        severity: 'warning' as const,
        subject: row.applicationName,
        summary: `The stream from ${name} to ${row.applicationName} uses ${row.tls.version} with ${row.tls.cipher}; TLSv1.3 is wanted.`,
        evidence: { version: text(row.tls.version), cipher: text(row.tls.cipher), bits: count(row.tls.bits) },
      },
    ];
  }),
);

const certificateExpiring = factsRule('certificate-expiring', (facts, { name }, { nowMs }) =>
  facts.certificates.flatMap((certificate) => {
    const leftMs = Date.parse(certificate.notAfter) - nowMs;
    const isAgents = certificate.purpose === 'agent';
    if (leftMs >= (isAgents ? AGENT_CERTIFICATE_WARNING_MS : CERTIFICATE_WARNING_MS)) return [];
    const isCritical = leftMs < 0 || (!isAgents && leftMs < CERTIFICATE_CRITICAL_MS);
    const when = leftMs < 0 ? `expired ${formatDuration(-leftMs)} ago` : `expires in ${formatDuration(leftMs)}`;
    return [
      {
        severity: isCritical ? ('critical' as const) : ('warning' as const),
        subject: certificate.purpose,
        summary: `The ${certificate.purpose} certificate of ${name} ${when}.`,
        evidence: { notAfter: { kind: 'instant', value: certificate.notAfter }, certificate: text(certificate.subject) },
      },
    ];
  }),
);

const hbaTooWide = factsRule('hba-too-wide', (facts, { name }) =>
  (facts.hbaRules ?? [])
    .filter(isTooWide)
    .slice(0, HBA_LINES_MAX)
    .map((rule) => {
      const isReplication = rule.databases.includes('replication');
      return {
        severity: 'warning' as const,
        subject: `line ${rule.lineNumber}`,
        summary: `pg_hba.conf line ${rule.lineNumber} on ${name} lets ${rule.address}${rule.netmask === null ? '' : `/${rule.netmask}`} ${isReplication ? 'copy the database' : 'log in as any user'}.`,
        evidence: lineEvidence(rule),
      };
    }),
);

/** Counts where it matters most: replication, or any user at all. A `reject` line narrows; it can't be too wide. */
function isTooWide(rule: HbaRule): boolean {
  if (rule.type === null || !rule.type.startsWith('host') || rule.method === 'reject' || rule.address === null) return false;
  if (!rule.databases.includes('replication') && !rule.users.includes('all')) return false;
  if (rule.address === 'all') return true;
  if (isLoopbackRange(rule.address, rule.netmask)) return false;
  const prefix = networkPrefix(rule.address, rule.netmask);
  return prefix !== null && prefix.bits < PREFIX_MIN[prefix.family];
}

const WEAK_METHODS: Record<string, string> = {
  md5: 'md5 hashes can be replayed and broken',
  password: 'the password is sent as it is',
  trust: 'no password is asked for',
};

const hbaWeakMethod = factsRule('hba-weak-method', (facts, { name }) =>
  (facts.hbaRules ?? [])
    .filter((rule) => isWeak(rule))
    .slice(0, HBA_LINES_MAX)
    .map((rule) => ({
      severity: weakSeverity(rule),
      subject: `line ${rule.lineNumber}`,
      summary: `pg_hba.conf line ${rule.lineNumber} on ${name} uses ${rule.method}: ${WEAK_METHODS[rule.method ?? '']}.`,
      evidence: lineEvidence(rule),
    })),
);

/** Who can reach the socket directory is on the machine already: still worth knowing, not worth waking somebody. */
function weakSeverity({ type, method }: HbaRule): 'critical' | 'warning' | 'info' {
  return type === 'local' ? 'info' : method === 'trust' ? 'critical' : 'warning';
}

function isWeak({ type, method }: HbaRule): boolean {
  if (method === null || WEAK_METHODS[method] === undefined) return false;
  return type === 'local' ? method === 'trust' : (type?.startsWith('host') ?? false);
}

/** What is wrong with a line of pg_hba.conf, by the same rules, for a page that lists them all. Empty: nothing that is known. */
export function hbaLineProblems(
  rule: HbaRule,
): { code: 'hba-too-wide' | 'hba-weak-method'; severity: 'critical' | 'warning' | 'info'; text: string }[] {
  const problems: ReturnType<typeof hbaLineProblems> = [];
  if (isTooWide(rule)) {
    const what = rule.databases.includes('replication') ? 'copy the database' : 'log in as any user';
    problems.push({ code: 'hba-too-wide', severity: 'warning', text: `Far more addresses than the peers’ may ${what}.` });
  }
  if (isWeak(rule))
    problems.push({ code: 'hba-weak-method', severity: weakSeverity(rule), text: `${rule.method}: ${WEAK_METHODS[rule.method ?? '']}.` });
  return problems;
}

function lineEvidence(rule: HbaRule): Record<string, Evidence> {
  return {
    line: count(rule.lineNumber),
    type: text(rule.type),
    databases: text(rule.databases.join(', ')),
    users: text(rule.users.join(', ')),
    address: text(rule.netmask === null ? rule.address : `${rule.address} ${rule.netmask}`),
    method: text(rule.method),
  };
}

/** Judged by use: the bootstrap superuser always holds REPLICATION, which harms nobody until a standby logs in with it. */
const replicationSuperuser = nodeRule('replication-superuser', ({ name, live, node }) => {
  const superusers = new Set(node.facts?.replicationRoles?.filter((role) => role.superuser).map((role) => role.name));
  const used = [...new Set((live?.downstreams ?? []).map((row) => row.user).filter((user) => superusers.has(user)))];
  return used.map((user) => ({
    severity: 'warning' as const,
    subject: user,
    summary: `Standbys log in to ${name} for replication as the superuser ${user}.`,
    evidence: {
      role: text(user),
      streams: text(
        live!.downstreams
          .filter((row) => row.user === user)
          .map((row) => row.applicationName)
          .join(', '),
      ),
    },
  }));
});

export const SECURITY_RULES: readonly Rule[] = [tlsOff, tlsBelow13, certificateExpiring, hbaTooWide, hbaWeakMethod, replicationSuperuser];
