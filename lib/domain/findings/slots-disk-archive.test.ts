import { describe, expect, test } from 'vitest';
import { expectFinding } from '../../../test/builders/expect-finding.ts';
import { codesIn } from '../../../test/builders/finding-kinds.ts';
import type { FindingCase } from '../../../test/builders/incidents.ts';
import { MB, P, S, archiver, away, busy, evaluate, idleSlot, pg, tablespaces, volumes } from '../../../test/builders/incidents.ts';
import { NOW_MS, aClusterInput, iso, someFacts } from '../../../test/builders/index.ts';
import { describeFinding } from './catalogue.ts';

/** The repository of the built cluster, with these runs of WAL and backups. */
const archived = (runs: readonly [first: number, last: number][], backups: readonly number[] = [2], startedAtMs = NOW_MS - 20_000) => {
  const name = (number: number) => `0000000100000000${number.toString(16).toUpperCase().padStart(8, '0')}`;
  const storedAt = (number: number) => iso(NOW_MS - 3_600_000 + number * 60_000);
  const [backup] = someFacts().backupRepository!.backups;
  return {
    ...someFacts().backupRepository!,
    archiveNewestWal: name(runs.at(-1)![1]),
    backups: backups.map((number) => ({
      ...backup!,
      label: `B${number}`,
      startWal: name(number),
      stopWal: name(number),
      finishedAt: storedAt(number),
    })),
    wal: {
      startedAt: iso(startedAtMs),
      segments: 9,
      storedBytes: 9_000,
      complete: true,
      runs: runs.map(([first, last]) => ({
        first: name(first),
        last: name(last),
        firstStoredAt: storedAt(first),
        lastStoredAt: storedAt(last),
      })),
    },
  };
};
const everywhere = (backupRepository: ReturnType<typeof archived>) => ({
  ...aClusterInput(),
  nodes: aClusterInput().nodes.map((n) => ({ ...n, facts: someFacts({ backupRepository }) })),
});

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
    name: 'a tablespace volume of which 4 % are free',
    code: 'disk-filling',
    input: tablespaces({ mountPoint: '/ts/one', sizeBytes: 640 * MB, freeBytes: 25 * MB }),
    severity: 'critical',
    node: P,
    subject: 'tablespaces at /ts/one',
    says: 'The tablespace volume /ts/one',
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
  {
    name: 'a segment after the only backup is missing',
    code: 'archive-gap',
    input: everywhere(
      archived([
        [1, 4],
        [6, 9],
      ]),
    ),
    severity: 'critical',
    node: null,
    says: 'lacks 000000010000000000000005: no point in time after 2026-11-20 11:04 UTC',
  },
  {
    name: 'a hole that a later backup has left behind',
    code: 'archive-gap',
    input: everywhere(
      archived(
        [
          [1, 4],
          [7, 9],
        ],
        [2, 8],
      ),
    ),
    severity: 'warning',
    node: null,
    says: '2 segments from 000000010000000000000005 to 000000010000000000000006: no point in time between 2026-11-20 11:04 UTC and 2026-11-20 11:08 UTC',
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
    expect(new Set(CASES.map(({ code }) => code))).toEqual(codesIn('storage', 'archive'));
  });
});

describe('a hole in the archive is no finding', () => {
  const said = (repository: ReturnType<typeof archived>) => evaluate(everywhere(repository)).filter(({ code }) => code === 'archive-gap');

  test('before the oldest backup: nothing needs it', () =>
    expect(
      said(
        archived(
          [
            [1, 2],
            [4, 9],
          ],
          [5],
        ),
      ),
    ).toEqual([]));
  test('while segments are under way and arrive out of order', () =>
    expect(
      said(
        archived(
          [
            [1, 4],
            [6, 9],
          ],
          [2],
          NOW_MS - 3_600_000 + 6 * 60_000 + 20_000,
        ),
      ),
    ).toEqual([]));
  test('without a listing of the WAL', () =>
    expect(
      said({
        ...archived([
          [1, 4],
          [6, 9],
        ]),
        wal: null,
      } as never),
    ).toEqual([]));
  test('without a backup, which is a finding of its own', () =>
    expect(
      said(
        archived(
          [
            [1, 4],
            [6, 9],
          ],
          [],
        ),
      ),
    ).toEqual([]));

  test('an open one is held while nobody lists the repository', () => {
    const [open] = said(
      archived([
        [1, 4],
        [6, 9],
      ]),
    );
    const held = evaluate({ ...aClusterInput(), openFindings: [describeFinding(open!, 'f', NOW_MS)] });
    expect(held.find(({ code }) => code === 'archive-gap')).toMatchObject({ held: true });
  });
});
