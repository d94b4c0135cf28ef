import { expect, test } from 'vitest';
import { announcement, outcomeText, whyNot } from './break-glass.ts';
import type { LocalRequest, LocalSituation } from './protocol.ts';

const situation = (over: Partial<LocalSituation> = {}): LocalSituation => ({
  cluster: 'payments',
  node: 'node-b',
  termSeen: 4,
  holder: 'node-a',
  role: 'follower',
  running: true,
  inRecovery: true,
  timeline: 3,
  receivedLsn: '0/3000060',
  receiving: false,
  upstream: 'node-a',
  ...over,
});
const request = (over: Partial<LocalRequest> = {}): LocalRequest => ({
  do: 'promote',
  by: 'anna',
  reason: 'the region of the controller is gone',
  confirm: 'payments',
  force: false,
  ...over,
});

test('nothing is against it', () => {
  expect(whyNot(request(), situation())).toBeNull();
  expect(whyNot(request({ do: 'fence' }), situation({ inRecovery: false }))).toBeNull();
});
test.each([
  ['a wrong name', request({ confirm: 'ledger' }), situation(), /“ledger” is not “payments”/],
  ['no reason', request({ reason: ' ok ' }), situation(), /reason in at least/],
  ['not joined', request(), situation({ cluster: null }), /not joined/],
  ['a stopped server', request(), situation({ running: false, inRecovery: null }), /does not run/],
  ['a primary', request(), situation({ inRecovery: false }), /is a primary/],
  ['a fenced node', request(), situation({ role: 'fenced' }), /is fenced/],
  ['an upstream that is alive', request(), situation({ receiving: true }), /node-a is still sending WAL.*two primaries/],
])('refused: %s', (_name, asked, found, sentence) => expect(whyNot(asked, found)).toMatch(sentence));
test('an upstream that is alive, with force', () => expect(whyNot(request({ force: true }), situation({ receiving: true }))).toBeNull());
test('says the term, the position and what may be lost', () => {
  expect(announcement('promote', situation())).toMatch(/term 5.*\n.*0\/3000060 on timeline 3.*\n.*lost/);
});
test('says what to do next, and never that all is well when it is not', () => {
  const done = { status: 'done', evidence: {}, tookMs: 1 } as const;
  expect(outcomeText('promote', { refused: null, situation: situation(), result: done })).toMatch(/is the primary\. Next:/);
  const failed = { status: 'failed', code: 'deadline', reason: 'The deadline passed.', changed: null, tookMs: 1 } as const;
  expect(outcomeText('promote', { refused: null, situation: situation(), result: failed })).toMatch(/did not succeed.*unknown/);
});
