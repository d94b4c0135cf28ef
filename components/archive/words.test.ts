import { describe, expect, test } from 'vitest';
import type { ArchiverRow, HoleRow, RepositoryBoard } from '../../lib/domain/archive/board.ts';
import { archiverState, comparison, encryptionWord, holeName, segmentsWord } from './words.ts';

const row = (overrides: Partial<ArchiverRow> = {}) =>
  ({
    fresh: true,
    mode: 'on',
    archives: true,
    failing: false,
    role: 'primary',
    lastArchivedWal: '000000010000000000000007',
    ...overrides,
  }) as ArchiverRow;
const repository = (newestWal: string | null, readable = true) => ({ newestWal, readable }) as RepositoryBoard;

describe('an archiver', () => {
  test.each([
    [row(), 'archiving', 'good'],
    [row({ failing: true }), 'failing', 'bad'],
    [row({ lastArchivedWal: null }), 'nothing archived yet', 'warn'],
    [row({ mode: 'off', archives: false }), 'archiving is off', 'bad'],
    [row({ mode: 'off', archives: false, role: 'standby' }), 'archiving is off', 'info'],
    [row({ archives: false, role: 'standby' }), 'standby', 'info'],
    [row({ fresh: false }), 'unknown', 'unknown'],
    [row({ mode: null, archives: null }), 'unknown', 'unknown'],
  ])('%j', (archiver, word, tone) => expect(archiverState(archiver)).toEqual({ word, tone }));
});

describe('what was reported against what is there', () => {
  test.each([
    ['000000010000000000000007', 'is the reported one'],
    ['000000010000000000000008', 'has a later one'],
    ['000000010000000000000006', 'newest was 000000010000000000000006'],
    [null, 'lists no WAL'],
  ])('newest %s', (newest, words) => expect(comparison(row(), repository(newest))).toContain(words));

  test('a backup label counts as its segment, a history file as nothing', () => {
    expect(
      comparison(row({ lastArchivedWal: '000000010000000000000007.00000028.backup' }), repository('000000010000000000000007')),
    ).toContain('is the reported one');
    expect(comparison(row({ lastArchivedWal: '00000002.history' }), repository('000000010000000000000007'))).toBeNull();
  });

  test('nothing is claimed of a repository that can’t be read, or of a node that does not archive', () => {
    expect(comparison(row(), repository(null, false))).toContain('can’t be checked');
    expect(comparison(row({ archives: false }), repository('X'))).toBeNull();
    expect(comparison(row(), null)).toBeNull();
  });
});

test('unknown encryption is not "not encrypted"', () => {
  expect(encryptionWord({ encrypted: null } as RepositoryBoard).tone).toBe('unknown');
  expect(encryptionWord({ encrypted: false } as RepositoryBoard).word).toBe('not encrypted');
});

test('holes and segments by name and number', () => {
  expect(holeName({ firstName: 'A', lastName: 'A', segments: 1 } as HoleRow)).toBe('A');
  expect(holeName({ firstName: 'A', lastName: 'C', segments: 3 } as HoleRow)).toBe('A … C');
  expect([segmentsWord(1), segmentsWord(12_000)]).toEqual(['1 segment', '12,000 segments']);
});
