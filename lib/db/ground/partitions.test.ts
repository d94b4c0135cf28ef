import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PARTITIONED_TABLES, partitionFor, partitionsFor } from './partitions.ts';
import { partitionFromName } from './retention.ts';

const atMs = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2060, 0, 1) });
const table = fc.constantFrom(...PARTITIONED_TABLES);

test('every moment lies in its partition, and the next partition begins where it ends', () => {
  fc.assert(
    fc.property(table, atMs, (name, ms) => {
      const partition = partitionFor(name, ms);
      expect(partition.fromMs).toBeLessThanOrEqual(ms);
      expect(partition.toMs).toBeGreaterThan(ms);
      expect(partitionFor(name, partition.toMs).fromMs).toBe(partition.toMs);
      expect(partitionFor(name, partition.toMs - 1)).toEqual(partition);
    }),
  );
});

test('a partition can be told from its name', () => {
  fc.assert(
    fc.property(table, atMs, (name, ms) => {
      const partition = partitionFor(name, ms);
      expect(partitionFromName(partition.name)).toEqual(partition);
      expect(Buffer.byteLength(partition.name)).toBeLessThanOrEqual(63);
    }),
  );
});

test('what is not a partition of ours is left alone', () => {
  for (const name of [
    'sample',
    'sample_tier',
    'sample_tier_10',
    'sample_2026',
    'sample_tier_60_20261117',
    'my_sample_2026112023',
    'sample_99999999',
  ]) {
    expect(partitionFromName(name)).toBeNull();
  }
});

test.each([
  ['sample', 'sample_2026112023'],
  ['sample_tier_10', 'sample_tier_10_20261120'],
  ['sample_tier_60', 'sample_tier_60_20261116'],
  ['sample_tier_600', 'sample_tier_600_2026'],
] as const)('%s is cut as planned', (name, expected) => {
  expect(partitionFor(name, Date.UTC(2026, 10, 20, 23, 50)).name).toBe(expected);
});

test('each partition is asked for once', () => {
  const hour = Date.UTC(2026, 10, 20, 12);
  expect(partitionsFor('sample', [hour, hour + 5, hour + 3_600_000, hour + 7]).map(({ name }) => name)).toEqual([
    'sample_2026112012',
    'sample_2026112013',
  ]);
});
