import { describe, expect, test } from 'vitest';
import { expectFinding } from '../../../test/builders/expect-finding.ts';
import { codesIn } from '../../../test/builders/finding-kinds.ts';
import type { FindingCase } from '../../../test/builders/incidents.ts';
import { P, S, change, facts, hba, observed, pg, setting } from '../../../test/builders/incidents.ts';
import { anAuthority } from '../../../test/builders/operation.ts';
import { NOW_MS, SITES, someFacts, aClusterInput, aDownstream, iso } from '../../../test/builders/index.ts';

const CASES: FindingCase[] = [
  {
    name: 'plain stream',
    code: 'tls-off',
    input: pg(P, { downstreams: [aDownstream(S, { tls: null })] }),
    severity: 'critical',
    node: S,
    subject: P,
  },
  {
    name: 'TLS 1.2',
    code: 'tls-below-1-3',
    input: pg(P, { downstreams: [aDownstream(S, { tls: { version: 'TLSv1.2', cipher: 'X', bits: 256 } })] }),
    severity: 'warning',
    node: P,
    subject: S,
  },
  {
    name: 'server certificate: 20 d',
    code: 'certificate-expiring',
    input: facts(P, { certificates: [{ purpose: 'server', subject: 'CN', notAfter: iso(NOW_MS + 20 * 864e5) }] }),
    severity: 'warning',
    node: P,
    subject: 'server',
  },
  {
    name: 'CA: 5 d',
    code: 'certificate-expiring',
    input: facts(P, { certificates: [{ purpose: 'server-ca', subject: 'CN', notAfter: iso(NOW_MS + 5 * 864e5) }] }),
    severity: 'critical',
    node: P,
    subject: 'server-ca',
  },
  {
    name: 'agent: 20 h',
    code: 'certificate-expiring',
    input: facts(P, { certificates: [{ purpose: 'agent', subject: 'CN', notAfter: iso(NOW_MS + 20 * 36e5) }] }),
    severity: 'warning',
    node: P,
    subject: 'agent',
  },
  {
    name: 'replication from anywhere',
    code: 'hba-too-wide',
    input: hba({ databases: ['replication'], users: ['replicator'], address: '0.0.0.0', netmask: '0.0.0.0' }),
    severity: 'warning',
    node: P,
    subject: 'line 7',
  },
  {
    name: 'all users from 10/8',
    code: 'hba-too-wide',
    input: hba({ address: '10.0.0.0', netmask: '255.0.0.0' }),
    severity: 'warning',
    node: P,
  },
  { name: 'all users from ::/0', code: 'hba-too-wide', input: hba({ address: '::', netmask: '::' }), severity: 'warning', node: P },
  { name: 'md5', code: 'hba-weak-method', input: hba({ method: 'md5' }), severity: 'warning', node: P },
  { name: 'trust from the network', code: 'hba-weak-method', input: hba({ method: 'trust' }), severity: 'critical', node: P },
  {
    name: 'trust on the socket',
    code: 'hba-weak-method',
    input: hba({ type: 'local', address: null, netmask: null, method: 'trust' }),
    severity: 'info',
    node: P,
  },
  {
    name: 'a standby logs in as postgres',
    code: 'replication-superuser',
    input: pg(P, { downstreams: [aDownstream(S, { user: 'postgres' })] }),
    severity: 'warning',
    node: P,
    subject: 'postgres',
  },
  {
    name: '2 s behind',
    code: 'clock-skew',
    input: observed(S, { clock: { offsetMs: 2_000, uncertaintyMs: 10, chrony: null } }),
    severity: 'warning',
    node: S,
    says: '2 s behind',
  },
  {
    name: '10 min ahead',
    code: 'clock-skew',
    input: observed(S, { clock: { offsetMs: -600_000, uncertaintyMs: 10, chrony: null } }),
    severity: 'critical',
    node: S,
    says: '10 min ahead of',
  },
  {
    name: 'another minor version',
    code: 'version-mismatch',
    input: pg(S, { serverVersionNumber: 150_012 }),
    severity: 'warning',
    node: S,
    says: '15.12',
  },
  {
    name: 'another architecture',
    code: 'version-mismatch',
    input: facts(S, { architecture: 'aarch64' }),
    severity: 'critical',
    node: S,
    subject: 'architecture',
  },
  {
    name: 'max_connections lower',
    code: 'parameter-mismatch',
    input: facts(S, setting('max_connections', '20')),
    severity: 'warning',
    node: S,
    subject: 'max_connections',
  },
  { name: 'another glibc', code: 'collation-mismatch', input: facts(S, { collation: 'libc 2.31' }), severity: 'warning', node: S },
  {
    name: 'another cluster’s data',
    code: 'system-identifier-mismatch',
    input: pg(S, { systemIdentifier: '1' }),
    severity: 'critical',
    node: S,
  },
  {
    name: 'no checksums, no hints',
    code: 'rewind-not-possible',
    input: facts(S, { ...setting('wal_log_hints', 'off'), control: { ...someFacts().control!, dataChecksumVersion: 0 } }),
    severity: 'warning',
    node: S,
  },
  {
    name: 'full_page_writes off',
    code: 'rewind-not-possible',
    input: facts(S, setting('full_page_writes', 'off')),
    severity: 'warning',
    node: S,
  },
  {
    name: 'a grant missing for rewind',
    code: 'rewind-not-possible',
    input: facts(S, { rewindObstacles: ['No EXECUTE on pg_read_binary_file.'] }),
    severity: 'warning',
    node: S,
    says: 'pg_read_binary_file',
  },
  {
    name: 'outside the jurisdiction',
    code: 'residency-broken',
    input: aClusterInput({ jurisdictions: ['EU'] }),
    severity: 'critical',
    node: S,
  },
  {
    name: 'one provider',
    code: 'provider-concentration',
    input: aClusterInput({ nodes: aClusterInput().nodes.map((n) => ({ ...n, site: SITES['aws-use1-a'] })) }),
    severity: 'info',
    node: null,
    subject: 'AWS',
  },
  {
    name: 'locked identity',
    code: 'identity-duplicated',
    input: change(S, (n) => ({ ...n, identityLockReason: 'Two agents.' })),
    severity: 'critical',
    node: S,
  },
  {
    name: 'a missing grant',
    code: 'agent-problem',
    input: facts(S, { agentProblems: ['No pg_monitor.', 'No pgbackrest.'] }),
    severity: 'warning',
    node: S,
    says: 'and 1 more',
  },
  {
    name: 'a control role without its grant',
    code: 'agent-unable',
    input: observed(S, { authority: anAuthority({ obstacles: ['The control role may not promote.', 'No pg_rewind.'] }) }),
    severity: 'warning',
    node: S,
    says: 'may not promote. (and 1 more)',
  },
  {
    name: 'a rewind that did not finish',
    code: 'directory-unusable',
    input: observed(S, { authority: anAuthority({ unusable: { since: '2026-11-20T11:00:00.000Z', reason: 'A rewind did not finish.' } }) }),
    severity: 'critical',
    node: S,
    says: 'must not be started',
  },
  {
    name: 'a rewind under way',
    code: 'directory-unusable',
    input: observed(S, {
      authority: anAuthority({
        unusable: { since: '2026-11-20T11:00:00.000Z', reason: 'A rewind did not finish.' },
        performing: [{ command: '00000000-0000-4000-8000-000000000001', verb: 'rewind', since: '2026-11-20T11:00:00.000Z' }],
      }),
    }),
    severity: 'info',
    node: S,
    says: 'is being overwritten',
  },
  {
    name: 'a journal with a hole',
    code: 'journal-broken',
    input: change(S, (n) => ({
      ...n,
      journalBreak: { kind: 'missing', reason: 'Entries are missing: 9 follows 7.', atMs: NOW_MS - 60_000 },
    })),
    severity: 'critical',
    node: S,
    says: '9 follows 7',
  },
  {
    name: 'a journal of a new installation',
    code: 'journal-broken',
    input: change(S, (n) => ({ ...n, journalBreak: { kind: 'anew', reason: 'It begins anew.', atMs: NOW_MS - 60_000 } })),
    severity: 'warning',
    node: S,
  },
];

describe('opens', () => {
  test.each(CASES)('$code: $name', (expected) => expectFinding(expected));

  test('every rule of these groups has a case', () => {
    expect(new Set(CASES.map(({ code }) => code))).toEqual(codesIn('security', 'parity', 'placement', 'agent'));
  });
});
