import { expect, test } from 'vitest';
import { CommandMailbox } from './command-mailbox.ts';

const LONG_MS = 60_000;

test('a wish to observe goes with the answer that is held, or with the next one, and only once', async () => {
  const mailbox = new CommandMailbox();
  const held = mailbox.hold(1, [], LONG_MS);
  mailbox.observeOften(1, 5_000);
  expect(await held.woken).toEqual({ kind: 'nothing' });
  expect([mailbox.takeObserving(2), mailbox.takeObserving(1), mailbox.takeObserving(1)]).toEqual([null, 5_000, null]);

  mailbox.observeOften(1, 7_000);
  expect(await mailbox.hold(1, [], LONG_MS).woken).toEqual({ kind: 'nothing' });
  expect(mailbox.takeObserving(1)).toBe(7_000);
  const next = mailbox.hold(1, [], LONG_MS);
  expect(mailbox.held).toBe(1);
  next.leave();
});
