import { expect, test } from 'vitest';
import { WakeableSleep } from './wakeable-sleep.ts';

const ended = (sleep: Promise<void>, ms: number) =>
  Promise.race([sleep.then(() => true), new Promise((resolve) => setTimeout(resolve, ms, false))]);

test('ends in time, by a call, and not by a call from before', async () => {
  const rest = new WakeableSleep();
  expect(await ended(rest.sleep(1), 5_000)).toBe(true);
  rest.wake();
  const sleeping = rest.sleep(null);
  expect(await ended(sleeping, 20)).toBe(false);
  rest.wake();
  expect(await ended(sleeping, 5_000)).toBe(true);
});
