import { expect, test } from 'vitest';
import { Ticker } from './ticker.ts';

test('what is asked for while it is at work is done once more afterwards, and only once', async () => {
  let works = 0;
  let finish: () => void = () => undefined;
  const ticker = new Ticker(
    60_000,
    () => {
      works += 1;
      return new Promise((resolve) => (finish = resolve));
    },
    (error) => expect.fail(String(error)),
  );
  ticker.soon();
  ticker.soon();
  ticker.soon();
  expect(works).toBe(1);
  finish();
  await expect.poll(() => works).toBe(2);
  finish();
  await ticker.idle(1_000);
  expect(works).toBe(2);
  ticker.stop();
  ticker.soon();
  expect(works).toBe(2);
});

test('in a hurry it works often for a while, and then no more', async () => {
  let works = 0;
  const ticker = new Ticker(
    60_000,
    () => Promise.resolve(void (works += 1)),
    (error) => expect.fail(String(error)),
  );
  ticker.hurry(5, 60);
  expect(works).toBe(1);
  await expect.poll(() => works).toBeGreaterThan(3);
  await expect
    .poll(async () => {
      const before = works;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return works - before;
    })
    .toBe(0);
  ticker.stop();
});
