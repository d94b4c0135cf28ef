import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RUNS_MAX, WalRunReader } from './wal-runs.ts';

const SEGMENT_BYTES = 16 * 1024 * 1024;
const SHA = '0123456789abcdef0123456789abcdef01234567';
const name = (timeline: number, number: number) =>
  [timeline, Math.floor(number / 256), number % 256].map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('');
const stored = (segment: string, time = 1_700_000_000, size = 1000) =>
  `"${segment.slice(0, 16)}/${segment}-${SHA}.lz4":{"size":${size},"time":${time},"type":"file"}`;
const listing = (entries: readonly string[]) => `{${entries.join(',')}}\n`;

function read(text: string, pieceCharacters = text.length) {
  const reader = new WalRunReader(SEGMENT_BYTES);
  for (let at = 0; at < text.length; at += pieceCharacters) reader.push(text.slice(at, at + pieceCharacters));
  return { ...reader.finish(), segments: reader.segments, storedBytes: reader.storedBytes };
}

test('as pgBackRest 2.45 prints it: directories, history, partial and backup files are no segments', () => {
  const text =
    '{".":{"type":"path"},"0000000100000000":{"type":"path"},' +
    [stored(name(1, 1), 10), stored(name(1, 2), 20)].join(',') +
    `,"0000000100000000/000000010000000000000002.00000028.backup":{"size":1,"time":2,"type":"file"}` +
    `,"0000000100000000/000000010000000000000003.partial-${SHA}.lz4":{"size":1,"time":2,"type":"file"}` +
    ',"00000002.history":{"size":41,"time":30,"type":"file"}}';
  expect(read(text)).toEqual({
    runs: [
      {
        first: '000000010000000000000001',
        last: '000000010000000000000002',
        firstStoredAt: '1970-01-01T00:00:10.000Z',
        lastStoredAt: '1970-01-01T00:00:20.000Z',
      },
    ],
    complete: true,
    segments: 2,
    storedBytes: 2000,
  });
});

test('a missing segment, another timeline and the end of a log file', () => {
  const { runs } = read(listing([255, 256, 258].map((number) => stored(name(1, number))).concat(stored(name(2, 259)))));
  expect(runs.map(({ first, last }) => [first, last])).toEqual([
    ['0000000100000000000000FF', '000000010000000100000000'],
    ['000000010000000100000002', '000000010000000100000002'],
    ['000000020000000100000003', '000000020000000100000003'],
  ]);
});

test('one segment stored twice with different contents is one', () => {
  const twice = [stored(name(1, 5)), stored(name(1, 5)).replace(SHA, SHA.replace('0', 'f')), stored(name(1, 6))];
  expect(read(listing(twice)).runs).toHaveLength(1);
});

test('with too many runs the newest are kept and the listing says so', () => {
  const { runs, complete } = read(listing(Array.from({ length: RUNS_MAX + 3 }, (_, index) => stored(name(1, index * 2)))));
  expect(runs).toHaveLength(RUNS_MAX);
  expect(complete).toBe(false);
  expect(runs[0]?.first).toBe(name(1, 6));
});

test('an empty archive', () => {
  expect(read('{".":{"type":"path"}}')).toEqual({ runs: [], complete: true, segments: 0, storedBytes: 0 });
});

test('however the output is cut into pieces, the runs are the same', () => {
  const text = listing([1, 2, 3, 7, 8, 20].map((number) => stored(name(1, number))));
  const cut = fc.property(fc.integer({ min: 1, max: 200 }), (characters) => {
    expect(read(text, characters)).toEqual(read(text));
  });
  fc.assert(cut, { numRuns: 40 });
});
