import { describe, expect, test } from 'vitest';
import { RESULTS_MAX, indexOfChosen, moveChoice, searchPalette } from './search.ts';
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

describe('the choice', () => {
  const list = searchPalette(entries, '');
  const ids = list.map(({ id }) => id);

  test('arrows go round, pages stop at the ends, other keys move nothing', () => {
    expect(moveChoice(list, null, 'ArrowDown')).toBe(ids[1]);
    expect(moveChoice(list, null, 'ArrowUp')).toBe(ids.at(-1));
    expect(moveChoice(list, ids.at(-1)!, 'ArrowDown')).toBe(ids[0]);
    expect(moveChoice(list, null, 'PageDown')).toBe(ids.at(-1));
    expect(moveChoice(list, ids[1]!, 'PageUp')).toBe(ids[0]);
    expect(moveChoice(list, null, 'x')).toBeNull();
    expect(moveChoice([], null, 'ArrowDown')).toBeNull();
  });

  test('down and up again is where it was, also when the list changed in between', () => {
    const before = searchPalette(entries, 'use4');
    const down = moveChoice(before, null, 'ArrowDown');
    expect(down).toBe(before[0]!.id);
    // The chosen entry is not in the new list: its first entry becomes the choice.
    expect(indexOfChosen(list, down)).toBe(0);
    expect(indexOfChosen(list.slice(1), ids[2]!)).toBe(1);
    expect(indexOfChosen([], null)).toBe(-1);
  });
});
