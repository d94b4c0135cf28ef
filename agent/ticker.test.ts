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
