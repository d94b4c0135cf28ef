import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLsn, furthestLsn, lsnDifferenceBytes, parseLsn, parseLsnOrNull } from './lsn.ts';

const anyLsn = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('LSN', () => {
  test.each([
    ['0/0', 0n],
    ['0/3000060', 0x3000060n],
    ['1/0', 1n << 32n],
    ['16/B374D848', (0x16n << 32n) + 0xb374d848n],
    ['ffffffff/ffffffff', (1n << 64n) - 1n],
  ])('%s', (text, value) => expect(parseLsn(text)).toBe(value));

  test.each(['', '0', '0/', '/0', '0/123456789', 'G/0', '0/0 ', '-1/0', '0x0/0'])('“%s” is refused by name', (text) => {
    expect(() => parseLsn(text)).toThrow(`“${text}” is not an LSN`);
    expect(parseLsnOrNull(text)).toBeNull();
  });

  test('what is printed reads back', () => {
    fc.assert(fc.property(anyLsn, (lsn) => parseLsn(formatLsn(lsn)) === lsn));
  });

  test('text order is not the order of positions', () => {
    expect(parseLsn('A/0') > parseLsn('9/FFFFFFFF')).toBe(true);
    expect(parseLsn('10/0') > parseLsn('9/0')).toBe(true);
  });

  test('differences are exact and signed', () => {
    const near = fc.tuple(anyLsn, fc.maxSafeInteger());
    fc.assert(fc.property(near, ([lsn, bytes]) => lsnDifferenceBytes(lsn + BigInt(bytes), lsn) === bytes));
  });

  test('positions outside of 64 bits are not printed', () => {
    expect(() => formatLsn(-1n)).toThrow(RangeError);
    expect(() => formatLsn(1n << 64n)).toThrow(RangeError);
  });

  test('the furthest of those that are known', () => {
    expect(furthestLsn(null, 3n, 7n, null)).toBe(7n);
    expect(furthestLsn(null, null)).toBeNull();
  });
});
