import { expect, test } from 'vitest';
import { CommandDesk } from './command-desk.ts';

const LONG_MS = 60_000;

test('a wish to observe goes with the answer that is held, or with the next one, and only once', async () => {
  const desk = new CommandDesk();
  const held = desk.hold(1, [], LONG_MS);
  desk.observeOften(1, 5_000);
  expect(await held.woken).toEqual({ kind: 'nothing' });
  expect([desk.takeObserving(2), desk.takeObserving(1), desk.takeObserving(1)]).toEqual([null, 5_000, null]);

  desk.observeOften(1, 7_000);
  expect(await desk.hold(1, [], LONG_MS).woken).toEqual({ kind: 'nothing' });
  expect(desk.takeObserving(1)).toBe(7_000);
  const next = desk.hold(1, [], LONG_MS);
  expect(desk.held).toBe(1);
  next.leave();
});
