import { describe, expect, test } from 'vitest';
import { RESULTS_MAX, searchPalette } from './search.ts';
import type { PaletteEntry } from './search.ts';

const entry = (kind: PaletteEntry['kind'], label: string, detail = '', id = label): PaletteEntry => ({
  id,
  kind,
  label,
  detail,
  href: '/',
});
const entries = [
  entry('page', 'Overview'),
  entry('page', 'Findings'),
  entry('cluster', 'Payments'),
  entry('page', 'Slots & disk', 'Payments', 'payments#slots'),
  entry('cluster', 'Ledger'),
  entry('node', 'aws-use1-a', 'Payments · aws us-east-1'),
  entry('node', 'gcp-use4-a', 'Payments · gcp us-east4'),
  entry('node', 'pay (1)*', 'Ledger'),
];
const found = (typed: string) => searchPalette(entries, typed).map(({ label }) => label);

describe('the palette', () => {
  test('without a word: pages and clusters, no nodes', () => {
    expect(found('  ')).toEqual(['Overview', 'Findings', 'Payments', 'Ledger']);
  });

  test('what begins with the word comes first', () => {
    expect(found('pay')[0]).toBe('Payments');
    expect(found('use4')).toEqual(['gcp-use4-a']);
  });

  test('every word must occur, in the name or beside it', () => {
    expect(found('payments slots')).toEqual(['Slots & disk']);
    expect(found('payments aws')).toEqual(['aws-use1-a']);
    expect(found('payments nothing')).toEqual([]);
  });

  test('what looks like a pattern is only text', () => {
    expect(found('(1)*')).toEqual(['pay (1)*']);
  });

  test('bounded', () => {
    expect(
      searchPalette(
        Array.from({ length: 5_000 }, (_, index) => entry('node', `n${index}`)),
        'n',
      ),
    ).toHaveLength(RESULTS_MAX);
  });
});
