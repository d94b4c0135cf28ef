import { describe, expect, test } from 'vitest';
import { BACKOFF_MAX_MS, BACKOFF_SHORT_MAX_MS, backoffMs } from './backoff.ts';
import { ClockOffsetEstimate } from './clock-offset.ts';
import { joinAdvice, parseJoinToken } from './join.ts';
import { RefusedError } from './request.ts';
import { verdictOn } from './verdict.ts';

const SECRET = 'A'.repeat(32);
const FINGERPRINT = 'ab'.repeat(32);

describe('join token', () => {
  test('is taken apart', () =>
    expect(parseJoinToken(` fj1.${SECRET}.${FINGERPRINT}\n`)).toEqual({ secret: SECRET, fingerprint: FINGERPRINT }));
  test.each(['', 'fj1', `fj2.${SECRET}.${FINGERPRINT}`, `fj1.short.${FINGERPRINT}`, `fj1.${SECRET}.xyz`, `fj1.${SECRET}.${FINGERPRINT}.x`])(
    '%j is none, and the message does not repeat it',
    (token) => {
      expect(() => parseJoinToken(token)).toThrow(/not a join token/);
      if (token.length > 10) expect(() => parseJoinToken(token)).not.toThrow(token);
    },
  );
});

const refused = (status: number, retryable: boolean): RefusedError =>
  new RefusedError({ type: 'about:blank', title: 't', status, detail: 'd', retryable });

test.each([
  [refused(403, false), 'identity'],
  [refused(401, false), 'identity'],
  [refused(409, false), 'identity'],
  [refused(422, false), 'content'],
  [refused(413, false), 'content'],
  [refused(422, true), 'wait'],
  [refused(404, false), 'wait'],
  [refused(429, true), 'wait'],
  [refused(503, true), 'wait'],
  [new Error('ECONNREFUSED'), 'wait'],
] as const)('%s means %s', (error, verdict) => expect(verdictOn(error)).toBe(verdict));

test('every failed join comes with advice', () => {
  expect(joinAdvice(refused(403, false))).toMatch(/new join token/);
  expect(joinAdvice(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toMatch(/--controller/);
});

test('the pause grows, has jitter and never passes five seconds', () => {
  expect(backoffMs(1, 0)).toBeLessThan(backoffMs(3, 0));
  expect(backoffMs(50, 1)).toBeLessThanOrEqual(BACKOFF_MAX_MS);
  expect(backoffMs(50, 0)).toBe(BACKOFF_MAX_MS / 2);
  expect(backoffMs(50, 1, BACKOFF_SHORT_MAX_MS)).toBe(BACKOFF_SHORT_MAX_MS);
});

test('what was measured before this clock was set is void', () => {
  let setByMs = 0;
  const clock = new ClockOffsetEstimate(() => 5e11 + setByMs);
  const measure = (): void => clock.add(new Date(1e12 + 10).toISOString(), 1e12 + setByMs, 1e12 + setByMs + 20);
  for (let times = 0; times < 5; times += 1) measure();
  expect(clock.current.offsetMs).toBe(0);
  setByMs = 90;
  expect(clock.current.offsetMs, 'slewed').toBe(0);
  setByMs = 240_000;
  expect(clock.current).toEqual({ offsetMs: null, uncertaintyMs: null });
  measure();
  expect(clock.current.offsetMs).toBe(-240_000);
});

test('the clock offset is the median of the last few, so that one slow answer does not move it', () => {
  const clock = new ClockOffsetEstimate();
  expect(clock.current).toEqual({ offsetMs: null, uncertaintyMs: null });
  for (const skewMs of [600_000, 600_001, 599_999, 900_000]) clock.add(new Date(1e12 + skewMs + 10).toISOString(), 1e12, 1e12 + 20);
  expect(clock.current.offsetMs).toBeGreaterThan(599_000);
  expect(clock.current.offsetMs).toBeLessThan(600_100);
  clock.add('not a time', 0, 1);
  clock.add(new Date(0).toISOString(), 10, 5);
  expect(clock.current.offsetMs).toBeLessThan(600_100);
});
