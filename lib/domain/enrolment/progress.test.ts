import { expect, test } from 'vitest';
import type { EnrolmentFacts, EnrolmentStep } from './progress.ts';
import { enrolmentProgress } from './progress.ts';

const NOW_MS = Date.parse('2026-11-21T10:00:00Z');
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const nothing: EnrolmentFacts = {
  ...{ nowMs: NOW_MS, token: null, enrolledAtMs: null, lockReason: null, certificateNotAfterMs: null, report: null },
};
const token = { createdAtMs: NOW_MS - MINUTE_MS, expiresAtMs: NOW_MS + 14 * MINUTE_MS, usedAtMs: null };
const joined = { enrolledAtMs: NOW_MS - 5 * MINUTE_MS, certificateNotAfterMs: NOW_MS + 1000 * MINUTE_MS };
const report = { receivedAtMs: NOW_MS - SECOND_MS, serverState: 'accepting', message: null, readPostgres: true };

test.each<[string, Partial<EnrolmentFacts>, EnrolmentStep, string]>([
  ['registered only', {}, 'no-token', 'No agent has joined.'],
  ['a valid token', { token }, 'waiting', 'valid for another 14 min'],
  ['a token that ran out', { token: { ...token, expiresAtMs: NOW_MS - 2 * MINUTE_MS } }, 'token-expired', 'expired 2 min ago'],
  ['joined a moment ago', { enrolledAtMs: NOW_MS - 3 * SECOND_MS }, 'joined-silent', 'joined 3 s ago'],
  ['joined, and nothing after minutes', joined, 'joined-silent', 'joined 5 min ago, but has reported nothing'],
  [
    'joined again after reports of an earlier life',
    { ...joined, report: { ...report, receivedAtMs: NOW_MS - 60 * MINUTE_MS } },
    'joined-silent',
    'reported nothing',
  ],
  ['reporting, and read', { ...joined, report }, 'observed', 'reads PostgreSQL'],
  ['a new token does not make an observed node look unjoined', { ...joined, report, token }, 'observed', 'reads PostgreSQL'],
  [
    'PostgreSQL refuses',
    { ...joined, report: { ...report, serverState: 'refusing', readPostgres: false, message: 'no pg_hba.conf entry' } },
    'postgres-trouble',
    'It said: no pg_hba.conf entry',
  ],
  [
    'PostgreSQL is stopped',
    { ...joined, report: { ...report, serverState: 'stopped', readPostgres: false } },
    'postgres-trouble',
    'not running',
  ],
  ['answers, but can’t be read', { ...joined, report: { ...report, readPostgres: false } }, 'postgres-trouble', 'could not be read'],
  ['silent since', { ...joined, report: { ...report, receivedAtMs: NOW_MS - 2 * MINUTE_MS } }, 'silent', 'last reported 2 min ago'],
  [
    'silent with an expired certificate',
    { ...joined, certificateNotAfterMs: NOW_MS - 1, report: { ...report, receivedAtMs: NOW_MS - 2 * MINUTE_MS } },
    'silent',
    'certificate has expired',
  ],
  ['locked, whatever else', { ...joined, report, lockReason: 'two agents used it.' }, 'locked', 'two agents used it.'],
])('%s', (_name, facts, step, says) => {
  const progress = enrolmentProgress({ ...nothing, ...facts });
  expect(progress.step).toBe(step);
  expect(progress.sentence).toContain(says);
  expect(progress.next === null).toBe(step === 'observed');
});

test('what can’t be known now is not said to be so', () => {
  expect(enrolmentProgress({ ...nothing, ...joined, report: { ...report, receivedAtMs: NOW_MS - MINUTE_MS } }).reached).toEqual({
    ...{ joined: true, reports: false, reads: null },
  });
});
