import { describe, expect, test } from 'vitest';
import { sampleOf } from './fault-cases.ts';

describe('sampleOf', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);

  test('is the same for the same seed, without repetition', () => {
    expect(sampleOf(items, 8, 7)).toEqual(sampleOf(items, 8, 7));
    expect(new Set(sampleOf(items, 50, 3)).size).toBe(50);
    expect(sampleOf(items, 8, 7)).not.toEqual(sampleOf(items, 8, 8));
  });
});
