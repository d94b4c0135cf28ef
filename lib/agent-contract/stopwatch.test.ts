import { expect, test } from 'vitest';
import { stopwatch } from './stopwatch.ts';

test.each([
  ['both clocks continue', 5_000, 5_000, 5_000],
  ['the host was suspended: its monotonic clock stood still', 10, 3_600_000, 3_600_000],
  ['the wall clock was put back', 5_000, -600_000, 5_000],
  ['the wall clock was put forward: too old rather than too young', 5_000, 605_000, 605_000],
])('%s', (_what, monotonicMs, wallMs, expected) => {
  let [monotonic, wall] = [100, 1_700_000_000_000];
  const agoMs = stopwatch(
    () => monotonic,
    () => wall,
  );
  monotonic += monotonicMs;
  wall += wallMs;
  expect(agoMs()).toBe(expected);
});
