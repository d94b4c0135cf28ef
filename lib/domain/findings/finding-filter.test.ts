import { describe, expect, test } from 'vitest';
import type { ClusterFindings, ListedFinding } from './listing.ts';
import { filterPath, parseFilter, shownGroups } from './finding-filter.ts';

const finding = (id: string, overrides: Partial<ListedFinding> = {}): ListedFinding => ({
  ...{ id, code: 'slot-inactive', severity: 'warning', nodeName: 'a', subject: null, summary: id, evidence: {}, acknowledgement: null },
  ...{ since: '2026-11-21T10:00:00Z', lastSeenAt: '2026-11-21T10:00:00Z' },
  ...overrides,
});
const acknowledgement: ListedFinding['acknowledgement'] = {
  ...{ id: 1, code: 'slot-inactive', nodeName: 'a', subject: null, severity: 'warning', reason: 'known', by: 'user:a@b.c' },
  ...{ at: '2026-11-21T10:00:00Z', expiresAt: '2026-11-22T10:00:00Z' },
};
const clusters: ClusterFindings[] = [
  {
    ...{ slug: 'one', name: 'One', computedAt: null },
    groups: [
      {
        key: 'x',
        title: 'x',
        rootId: '1',
        findings: [finding('1'), finding('2', { severity: 'critical', code: 'no-primary', acknowledgement })],
      },
    ],
  },
  {
    slug: 'two',
    name: 'Two',
    computedAt: null,
    groups: [{ key: 'x', title: 'x', rootId: null, findings: [finding('3', { acknowledgement })] }],
  },
];
const shown = (params: Record<string, string>) =>
  shownGroups(parseFilter(params), clusters).flatMap(({ findings }) => findings.map(({ id }) => id));

describe('the filter of the findings page', () => {
  test.each([
    ['everything', {}, ['1', '2', '3']],
    ['one cluster', { cluster: 'two' }, ['3']],
    ['one severity', { severity: 'critical' }, ['2']],
    ['one code', { code: 'slot-inactive' }, ['1', '3']],
    ['what nobody acknowledged', { acknowledged: 'no' }, ['1']],
    ['what is acknowledged', { acknowledged: 'yes' }, ['2', '3']],
    ['nonsense in the address, which is no filter', { severity: 'huge', code: 'x', acknowledged: 'maybe', days: '9999' }, ['1', '2', '3']],
    ['a cluster that does not exist', { cluster: 'three' }, []],
  ])('%s', (_name, params, ids) => expect(shown(params)).toEqual(ids));

  test('a group counts as acknowledged when all that is shown of it is', () => {
    expect(shownGroups(parseFilter({}), clusters).map(({ acknowledged }) => acknowledged)).toEqual([false, true]);
  });

  test('the address keeps the filter', () => {
    const params = { view: 'resolved', cluster: 'one', severity: 'info', code: 'no-primary', acknowledged: 'yes', days: '7' };
    expect(parseFilter(Object.fromEntries(new URL(filterPath(parseFilter(params)), 'http://x').searchParams))).toEqual(parseFilter(params));
    expect(filterPath(parseFilter({}))).toBe('/findings');
  });
});
