import { describe, expect, test } from 'vitest';
import { chosenEntries } from './overview-order.ts';
import type { OverviewEntry } from './overview-order.ts';

const entry = (slug: string, band: OverviewEntry['band'], searchText = slug): OverviewEntry => ({ slug, name: slug, band, searchText });
const entries = [entry('a', 'fine', 'a aws'), entry('b', 'act-now', 'b aws gcp'), entry('c', 'fine', 'c gcp')];
const chosen = (order: string[], typed = '', band: Parameters<typeof chosenEntries>[3] = 'all') =>
  chosenEntries(entries, order, typed, band).map(({ slug }) => slug);

describe('the overview’s order', () => {
  test('keeps the order it was given while the bands change', () => {
    expect(chosen(['c', 'a', 'b'])).toEqual(['c', 'a', 'b']);
  });
  test('what came since stands last, by name', () => {
    expect(chosen(['c'])).toEqual(['c', 'a', 'b']);
  });
  test('every word must fit, and the band', () => {
    expect(chosen(['a', 'b', 'c'], 'AWS gcp')).toEqual(['b']);
    expect(chosen(['a', 'b', 'c'], '', 'fine')).toEqual(['a', 'c']);
    expect(chosen(['a', 'b', 'c'], 'nothing')).toEqual([]);
  });
});
