import { describe, expect, test } from 'vitest';
import { parseBitsPerSecond, parseMilliseconds } from './quantities.ts';

describe('quantities', () => {
  test.each([
    ['300ms', 300],
    ['2s', 2000],
    ['1.5s', 1500],
    ['70', 70],
  ])('%s is %d ms', (text, ms) => expect(parseMilliseconds(text)).toBe(ms));

  test.each([
    ['1mbit', 1_000_000],
    ['256kbit', 256_000],
    ['9600', 9600],
  ])('%s is %d bit/s', (text, rate) => expect(parseBitsPerSecond(text)).toBe(rate));

  test.each(['', 'fast', '-3ms', '3 weeks', '3mbit'])('"%s" is no time', (text) => {
    expect(() => parseMilliseconds(text)).toThrow(/a time such as 300ms/);
  });
});
