import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupByCause } from './cause.ts';
import type { CauseFinding, CauseTopology } from './cause-look.ts';
import { FINDING_CODES } from './registry.ts';
import type { FindingCode } from './registry.ts';

/** a is the primary; b and c stream from it, d from c. a and b stand at one site. */
const topology: CauseTopology = {
  nodes: [
    { name: 'a', upstream: null, site: { provider: 'AWS', region: 'us-east-1' } },
    { name: 'b', upstream: 'a', site: { provider: 'AWS', region: 'us-east-1' } },
    { name: 'c', upstream: 'a', site: { provider: 'GCP', region: 'us-east4' } },
    { name: 'd', upstream: 'c', site: { provider: 'Rackspace', region: 'dfw' } },
  ],
  links: [
    { from: 'a', to: 'b', slotName: 'slot_of_b' },
    { from: 'a', to: 'c', slotName: 'c' },
    { from: 'c', to: 'd', slotName: 'd' },
  ],
};

type Said = readonly [code: FindingCode, node: string | null, subject?: string | undefined, evidence?: CauseFinding['evidence']];
const finding = ([code, nodeName, subject = undefined, evidence = {}]: Said, index = 0): CauseFinding => ({
  ...{ id: `f${index}`, code, nodeName, subject: subject ?? null, severity: 'warning', summary: `${code} ${nodeName}`, evidence },
  since: '2026-11-21T10:00:00Z',
});
const label = ({ code, nodeName }: CauseFinding) => `${code} ${nodeName ?? '-'}`;
const text = (value: string) => ({ kind: 'text', value }) as const;

/** Groups as lists, the cause first. */
const grouped = (said: readonly Said[]): string[][] => groupByCause(said.map(finding), topology).map(({ findings }) => findings.map(label));

describe('findings are grouped by the most upstream broken thing', () => {
  test.each<[string, Said[], string[][]]>([
    [
      'a dead standby explains its slot, the disk that the slot fills, and the copy that is missing',
      [
        ['disk-filling', 'a', 'wal'],
        ['slot-inactive', 'a', 'slot_of_b'],
        ['standby-missing', 'b'],
        ['node-not-seen', 'b'],
      ],
      [['node-not-seen b', 'disk-filling a', 'slot-inactive a', 'standby-missing b']],
    ],
    [
      'a dead cascade explains what streams from it',
      [
        ['standby-not-receiving', 'd'],
        ['server-not-running', 'c'],
      ],
      [['server-not-running c', 'standby-not-receiving d']],
    ],
    [
      'the dead primary explains standbys at any depth, and that nobody leads',
      [
        ['no-primary', null, undefined, { lastHolder: text('a') }],
        ['standby-not-receiving', 'b'],
        ['standby-not-receiving', 'd'],
        ['node-not-seen', 'a'],
      ],
      [['node-not-seen a', 'no-primary -', 'standby-not-receiving b', 'standby-not-receiving d']],
    ],
    [
      'of two dead nodes on the way the nearest is the cause, and each dead node stands for itself',
      [
        ['node-not-seen', 'a'],
        ['server-not-running', 'c'],
        ['standby-not-receiving', 'd'],
      ],
      [['node-not-seen a'], ['server-not-running c', 'standby-not-receiving d']],
    ],
    [
      'a lost slot explains the WAL that is gone and the standby that gets none',
      [
        ['standby-not-receiving', 'b'],
        ['wal-removed', 'b'],
        ['slot-lost', 'a', 'slot_of_b'],
      ],
      [['slot-lost a', 'standby-not-receiving b', 'wal-removed b']],
    ],
    [
      'a cut link explains the idle slot behind it',
      [
        ['slot-inactive', 'a', 'c'],
        ['standby-not-receiving', 'c'],
      ],
      [['standby-not-receiving c', 'slot-inactive a']],
    ],
    [
      'a missing synchronous standby is explained by that standby',
      [
        ['sync-standby-missing', 'a', undefined, { missing: text('b, z') }],
        ['server-not-running', 'b'],
      ],
      [['server-not-running b', 'sync-standby-missing a']],
    ],
    [
      'a failing archive explains the backlog and the disk',
      [
        ['archive-stalled', 'a'],
        ['disk-filling', 'a', 'wal'],
        ['archive-failing', 'a'],
      ],
      [['archive-failing a', 'archive-stalled a', 'disk-filling a']],
    ],
    [
      'two writable nodes explain the term and the fork',
      [
        ['node-out-of-term', 'b'],
        ['timeline-fork', 'b'],
        ['two-writable-nodes', null, 'a, b'],
      ],
      [['two-writable-nodes -', 'node-out-of-term b', 'timeline-fork b']],
    ],
    [
      'the same weak setting on many nodes is one piece of work',
      [
        ['hba-weak-method', 'a', 'line 3'],
        ['hba-weak-method', 'b', 'line 3'],
        ['tls-off', 'c', 'a'],
      ],
      [['hba-weak-method a', 'hba-weak-method b'], ['tls-off c']],
    ],
    [
      'a stranger’s slot stands for itself',
      [
        ['slot-inactive', 'a', 'debezium'],
        ['node-not-seen', 'b'],
      ],
      [['node-not-seen b'], ['slot-inactive a']],
    ],
  ])('%s', (_name, said, expected) => {
    const sorted = (groups: string[][]) => groups.map(([first, ...rest]) => [first, ...rest.sort()]).sort();
    expect(sorted(grouped(said))).toEqual(sorted(expected));
  });

  test('nodes of one place that are all away are one outage of the place', () => {
    const groups = groupByCause(
      [finding(['node-not-seen', 'a'], 1), finding(['node-not-seen', 'b'], 2), finding(['standby-not-receiving', 'c'], 3)],
      topology,
    );
    expect(groups).toMatchObject([{ title: expect.stringContaining('No node at AWS us-east-1 is seen (2)'), root: null }]);
    expect(groups[0]!.findings).toHaveLength(3);
  });

  test('a cluster that is wholly out of sight is one group', () => {
    const groups = groupByCause(
      ['a', 'b', 'c', 'd'].map((name, index) => finding(['node-not-seen', name], index)),
      topology,
    );
    expect(groups).toMatchObject([{ title: expect.stringContaining('No node of the cluster is seen (4)') }]);
  });

  test('groups come worst first, by the worst finding anywhere in them', () => {
    const critical = { ...finding(['standby-not-receiving', 'd'], 2), severity: 'critical' as const };
    const groups = groupByCause([finding(['tls-off', 'b', 'a'], 0), finding(['server-not-running', 'c'], 1), critical], topology);
    expect(groups.map(({ findings }) => findings.map(label))).toEqual([['server-not-running c', 'standby-not-receiving d'], ['tls-off b']]);
  });

  test('findings that explain each other in a circle are one group', () => {
    const said = ['archive-failing', 'server-not-responding', 'disk-filling'] as const;
    const groups = groupByCause(
      said.map((code, index) => finding([code, 'c', undefined], index)),
      { nodes: [], links: [] },
    );
    expect(groups.map((group) => group.findings.map(({ id }) => id).toSorted())).toEqual([['f0', 'f1', 'f2']]);
  });

  test('with any findings and any topology, each finding is in exactly one group', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const arbitraryFinding = fc.record({
      code: fc.constantFrom(...FINDING_CODES),
      node: fc.option(name),
      subject: fc.option(fc.constantFrom('a', 'b', 'a, b')),
    });
    const arbitraryNodes = fc.array(fc.record({ name, upstream: fc.option(name) }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(arbitraryFinding, { maxLength: 15 }), arbitraryNodes, (said, nodes) => {
        const findings = said.map(({ code, node, subject }, index) => finding([code, node, subject ?? undefined], index));
        const groups = groupByCause(findings, {
          nodes: nodes.map((node) => ({ ...node, site: { provider: 'p', region: 'r' } })),
          links: [],
        });
        const ids = groups.flatMap((group) => group.findings.map(({ id }) => id));
        expect(ids.toSorted()).toEqual(findings.map(({ id }) => id).toSorted());
        expect(new Set(groups.map(({ key }) => key)).size).toBe(groups.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
