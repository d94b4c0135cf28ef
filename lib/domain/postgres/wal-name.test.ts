import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatWalName, gapsBetween, parseWalName, walNameAt } from './wal-name.ts';

const MB = 1024 * 1024;

function nextWalName(name: string, segmentBytes: number): string | null {
  const segment = parseWalName(name, segmentBytes);
  return segment === null ? null : formatWalName({ ...segment, number: segment.number + 1n }, segmentBytes);
}

/** Of segments that are sorted by timeline and number. */
const gapsOf = (names: readonly string[]) =>
  gapsBetween(
    names
      .map((name) => parseWalName(name))
      .filter((segment) => segment !== null)
      .map(({ timeline, number }) => ({ timeline, first: number, last: number })),
  );

describe('WAL names', () => {
  test.each([
    ['000000010000000000000001', 16 * MB, '000000010000000000000002'],
    ['0000000100000000000000FF', 16 * MB, '000000010000000100000000'],
    ['00000002000000000000003F', 64 * MB, '000000020000000100000000'],
    ['0000000100000000000000FF', 1 * MB, '000000010000000000000100'],
  ])('%s is followed, at %i bytes, by %s', (name, segmentBytes, next) => expect(nextWalName(name, segmentBytes)).toBe(next));

  test.each([
    '00000001000000000000000G',
    '000000010000000000000001.partial',
    '00000002.history',
    '0000000100000000000000AA.00000028.backup',
    '000000000000000000000001',
    '000000010000000000000100',
    '',
  ])('“%s” is no segment of 16 MB', (name) => {
    expect(parseWalName(name)).toBeNull();
  });

  test('the segment that holds a byte', () => {
    expect(walNameAt(1, 0x3000060n)).toBe('000000010000000000000003');
    expect(walNameAt(3, (0x16n << 32n) + 0xb374d848n)).toBe('0000000300000016000000B3');
  });

  test('names read back for every segment size', () => {
    const segment = fc.record({ timeline: fc.integer({ min: 1, max: 0xffffffff }), number: fc.bigInt({ min: 0n, max: (1n << 34n) - 1n }) });
    const size = fc.constantFrom(1, 2, 16, 64, 1024).map((count) => count * MB);
    fc.assert(
      fc.property(segment, size, (value, segmentBytes) => {
        expect(parseWalName(formatWalName(value, segmentBytes), segmentBytes)).toEqual(value);
      }),
    );
  });

  test('gaps are named, and not between timelines', () => {
    const names = [
      '0000000100000000000000FE',
      '0000000100000000000000FF',
      '000000010000000100000002',
      '00000002.history',
      '000000020000000100000003',
      '000000020000000100000004',
    ];
    expect(gapsOf(names)).toEqual([{ first: '000000010000000100000000', last: '000000010000000100000001', segments: 2n }]);
  });

  test('taking one out of the middle of a run gives exactly that gap', () => {
    const run = fc.integer({ min: 3, max: 600 }).chain((length) => fc.tuple(fc.constant(length), fc.integer({ min: 1, max: length - 2 })));
    fc.assert(
      fc.property(run, ([length, hole]) => {
        const names = Array.from({ length }, (_, index) => formatWalName({ timeline: 1, number: BigInt(index) }));
        const [missing] = names.splice(hole, 1);
        expect(gapsOf(names)).toEqual([{ first: missing, last: missing, segments: 1n }]);
      }),
    );
  });
});
