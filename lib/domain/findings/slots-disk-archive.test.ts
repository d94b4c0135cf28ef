import { describe, expect, test } from 'vitest';
import { expectFinding } from '../../../test/builders/expect-finding.ts';
import type { FindingCase } from '../../../test/builders/incidents.ts';
import { MB, P, S, archiver, away, busy, idleSlot, pg, volumes } from '../../../test/builders/incidents.ts';
import { NOW_MS, aClusterInput, iso, someFacts } from '../../../test/builders/index.ts';
import { ARCHIVE_RULES } from './archive.ts';
import { SLOT_AND_DISK_RULES } from './slots-and-disk.ts';

const CASES: FindingCase[] = [
  {
    name: 'consumer gone for two minutes',
    code: 'slot-inactive',
    input: pg(P, { slots: [idleSlot()] }, away(S, pg(P, { downstreams: [] }))),
    severity: 'warning',
    node: P,
    subject: 'rax_dfw_a',
  },
  {
    name: 'unreserved',
    code: 'slot-will-be-lost',
    input: pg(P, { slots: [idleSlot({ walStatus: 'unreserved', safeWalBytes: -5 })] }),
    severity: 'critical',
    node: P,
    subject: 'rax_dfw_a',
  },
  {
    name: 'idle while the primary writes',
    code: 'slot-will-be-lost',
    input: busy(pg(P, { slots: [idleSlot({ safeWalBytes: 600 * MB })] })),
    severity: 'critical',
    node: P,
    says: 'lost in 10 min',
  },
  {
    name: 'lost',
    code: 'slot-lost',
    input: pg(P, { slots: [idleSlot({ walStatus: 'lost', restartLsn: null })] }),
    severity: 'critical',
    node: P,
    subject: 'rax_dfw_a',
  },
  {
    name: '4 % of a small volume free',
    code: 'disk-filling',
    input: volumes(25 * MB, 640 * MB),
    severity: 'critical',
    node: P,
    subject: 'wal',
  },
  {
    name: 'unlimited idle slot under load',
    code: 'disk-filling',
    input: busy(pg(P, { slots: [idleSlot({ safeWalBytes: null })] })),
    severity: 'critical',
    node: P,
    says: 'full in 8 min at 1 MB/s',
  },
  {
    name: 'archiving just failed',
    code: 'archive-failing',
    input: archiver({ lastFailedAt: iso(NOW_MS - 1_000), lastFailedWal: 'W', failedCount: 1 }),
    severity: 'critical',
    node: P,
  },
  {
    name: 'archiving never worked',
    code: 'archive-failing',
    input: archiver({ lastArchivedAt: null, lastArchivedWal: null, lastFailedAt: iso(NOW_MS - 90_000), failedCount: 3 }),
    severity: 'critical',
    node: P,
    says: 'never succeeded',
  },
  {
    name: 'a segment waits three minutes',
    code: 'archive-stalled',
    input: archiver({ readyCount: 4, oldestReadyAgeMs: 180_000 }),
    severity: 'warning',
    node: P,
    subject: null,
  },
  {
    name: 'reported, but not in the repository',
    code: 'archive-stalled',
    input: archiver({ lastArchivedWal: '000000010000000000000005' }),
    severity: 'critical',
    node: P,
    subject: 'repository',
  },
  { name: 'archive_mode off', code: 'archive-off', input: archiver({ mode: 'off' }), severity: 'warning', node: P },
  {
    name: 'no repository known',
    code: 'backup-missing',
    input: { ...aClusterInput(), nodes: aClusterInput().nodes.map((n) => ({ ...n, facts: someFacts({ backupRepository: null }) })) },
    severity: 'warning',
    node: null,
  },
  {
    name: 'only failed backups',
    code: 'backup-missing',
    input: {
      ...aClusterInput(),
      nodes: aClusterInput().nodes.map((n) => ({
        ...n,
        facts: someFacts({
          backupRepository: { ...someFacts().backupRepository!, backups: [{ ...someFacts().backupRepository!.backups[0]!, failed: true }] },
        }),
      })),
    },
    severity: 'critical',
    node: null,
  },
  {
    name: 'newest backup 9 d old',
    code: 'backup-missing',
    input: {
      ...aClusterInput(),
      nodes: aClusterInput().nodes.map((n) => ({
        ...n,
        facts: someFacts({
          backupRepository: {
            ...someFacts().backupRepository!,
            backups: [{ ...someFacts().backupRepository!.backups[0]!, finishedAt: iso(NOW_MS - 9 * 864e5) }],
          },
        }),
      })),
    },
    severity: 'warning',
    node: null,
    says: '9 d old',
  },
];

describe('opens', () => {
  test.each(CASES)('$code: $name', (expected) => expectFinding(expected));

  test('every rule of these groups has a case', () => {
    expect(new Set(CASES.map(({ code }) => code))).toEqual(new Set([...SLOT_AND_DISK_RULES, ...ARCHIVE_RULES].map(({ code }) => code)));
  });
});
