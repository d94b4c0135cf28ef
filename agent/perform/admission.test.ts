import { describe, expect, test } from 'vitest';
import { CLOCK_ALLOWANCE_MS, ENVELOPE_LIFE_MAX_MS } from '../../lib/agent-contract/commands.ts';
import type { CommandEnvelope } from '../../lib/agent-contract/commands.ts';
import { UNCLAIMED } from '../authority/rules.ts';
import type { Leadership } from '../authority/rules.ts';
import { AGENT_VERSION } from '../version.ts';
import { admit } from './admission.ts';
import type { Admission, AdmissionClock, AdmissionState } from './admission.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const NODE = '0b6f1c0a-8a49-4c1e-9a37-2c8a5d2f0001';
const at = (ms: number): string => new Date(NOW_MS + ms).toISOString();

const envelope = (over: Partial<CommandEnvelope> = {}): CommandEnvelope => ({
  envelopeVersion: 1,
  id: '0b6f1c0a-8a49-4c1e-9a37-2c8a5d2f0002',
  operation: '0b6f1c0a-8a49-4c1e-9a37-2c8a5d2f0003',
  step: 'checkpoint-a',
  attempt: 1,
  node: NODE,
  nodeName: 'node-a',
  cluster: 'payments',
  verb: 'checkpoint',
  args: {},
  term: 5,
  nonce: 'n'.repeat(32),
  issuedAt: at(-100),
  expiresAt: at(60_000),
  deadlineMs: 10_000,
  ...over,
});
const leadership = (over: Partial<Leadership> = {}): Leadership => ({
  ...UNCLAIMED,
  cluster: 'payments',
  termSeen: 5,
  holder: 'node-a',
  role: 'leader',
  leaderTerm: 5,
  ...over,
});
const state = (over: Partial<AdmissionState> = {}): AdmissionState => ({
  node: NODE,
  nodeName: 'node-a',
  cluster: 'payments',
  leadership: leadership(),
  notConfigured: null,
  journalBroken: null,
  known: () => null,
  nonceSeen: () => false,
  newestIssuedAt: null,
  ...over,
});
const CLOCK: AdmissionClock = { nowMs: NOW_MS, offsetMs: 0, waitedMs: 5, leftMs: null };
const judge = (
  command: Partial<CommandEnvelope> = {},
  over: Partial<AdmissionState> = {},
  clock: Partial<AdmissionClock> = {},
  signatureOk = true,
): Admission => admit(JSON.stringify(envelope(command)), signatureOk, state(over), { ...CLOCK, ...clock });
const codeOf = (admission: Admission): string => (admission.verdict === 'refuse' ? admission.code : admission.verdict);
const promote = { verb: 'promote', args: { timeline: 1, receivedPast: null, waitMs: 0 } } as const;

describe('a command of another version', () => {
  const send = (over: object, signatureOk = true): Admission =>
    admit(JSON.stringify({ ...envelope(), ...over }), signatureOk, state(), CLOCK);

  test.each([
    ['a verb that is unknown', { verb: 'drill-restore', args: {} }, 'does not know drill-restore: update the agent of node-a.'],
    [
      'arguments that are unknown',
      { args: { gently: true } },
      'does not know a command checkpoint of this form: update the agent of node-a.',
    ],
    ['an envelope with more in it', { lane: 'drill' }, 'does not know a command checkpoint of this form: update the agent of node-a.'],
  ])('%s: is refused to whom it came from, with the version and what to do', (_what, over, sentence) => {
    const admission = send(over);
    expect(admission).toMatchObject({
      verdict: 'refuse',
      code: 'not-understood',
      head: { id: envelope().id, step: 'checkpoint-a', attempt: 1 },
    });
    expect(admission).toHaveProperty('reason', expect.stringContaining(sentence));
    expect(admission).toHaveProperty('reason', expect.stringContaining(AGENT_VERSION));
  });

  test('has its signature checked first', () => expect(codeOf(send({ verb: 'drill-restore' }, false))).toBe('signature-invalid'));
});

describe('a command is performed', () => {
  test('when all is as it should be', () => expect(judge()).toMatchObject({ verdict: 'perform' }));
  test('under a higher term', () => expect(codeOf(judge({ term: 6 }))).toBe('perform'));
  test('though this clock is 5 minutes off, when the offset is known', () => {
    expect(codeOf(judge({}, {}, { nowMs: NOW_MS - 300_000, offsetMs: 300_000 }))).toBe('perform');
    expect(codeOf(judge({}, {}, { nowMs: NOW_MS + 300_000, offsetMs: -300_000 }))).toBe('perform');
  });
  test('within the allowance, when the offset is unknown', () => {
    expect(codeOf(judge({}, {}, { nowMs: NOW_MS - CLOCK_ALLOWANCE_MS + 1000, offsetMs: null }))).toBe('perform');
  });
  test('stopping, though nothing can be written down', () =>
    expect(codeOf(judge({ verb: 'fence', args: {} }, { journalBroken: 'The disk is full.' }))).toBe('perform'));
});

describe('a command is refused', () => {
  test.each([
    ['not-configured', judge({}, { notConfigured: 'This agent only observes.' })],
    ['signature-invalid', judge({}, {}, {}, false)],
    ['not-understood', admit('not json', true, state(), CLOCK)],
    ['not-understood', admit('{"verb":"rm -rf"}', true, state(), CLOCK)],
    ['not-understood', judge({ args: { shell: 'rm' } })],
    ['not-understood', judge({}, { nonceSeen: () => true })],
    ['expired', judge({}, { newestIssuedAt: at(-50) })],
    ['not-for-this-node', judge({ node: NODE.replace('1', '2') })],
    ['not-for-this-node', judge({ nodeName: 'node-b' })],
    ['not-for-this-node', judge({ cluster: 'ledger' })],
    ['expired', judge({ issuedAt: at(-200_000), expiresAt: at(-100_000) })],
    ['expired', judge({}, {}, { nowMs: NOW_MS + 300_000, offsetMs: null })],
    ['expired', judge({}, {}, { nowMs: NOW_MS - 300_000, offsetMs: null })],
    ['expired', judge({ expiresAt: at(ENVELOPE_LIFE_MAX_MS + 1) })],
    ['term-too-low', judge({ term: 4 })],
    ['not-the-holder', judge(promote, { leadership: leadership({ role: 'follower', holder: 'node-b', leaderTerm: null }) })],
    ['not-the-holder', judge({ verb: 'start-primary' }, { leadership: leadership({ role: 'follower', holder: null, leaderTerm: null }) })],
    ['precondition-failed', judge({ ...promote, term: 6 }, { leadership: leadership({ role: 'fenced', leaderTerm: 4 }) })],
    ['precondition-failed', judge({ verb: 'restart' }, { leadership: leadership({ role: 'fenced', leaderTerm: 4 }) })],
    [
      'directory-unusable',
      judge(
        { verb: 'start-standby', args: { upstream: 'node-b', slot: null } },
        { leadership: leadership({ unusable: { since: at(0), reason: 'A rewind did not finish.' } }) },
      ),
    ],
    ['journal-unwritable', judge({}, { journalBroken: 'The disk is full.' })],
  ] as const)('%s', (code, admission) => {
    expect(codeOf(admission)).toBe(code);
    // A sentence, and what to do or what is so.
    if (admission.verdict === 'refuse') expect(admission.reason).toMatch(/^([A-Z]|node-a).+\.$/);
  });

  test('the first reason in the order of the contract is told', () => {
    const everything = { node: NODE.replace('1', '2'), issuedAt: at(-200_000), expiresAt: at(-100_000), term: 1 };
    expect(codeOf(judge(everything, {}, {}, false))).toBe('signature-invalid');
    expect(codeOf(judge(everything))).toBe('not-for-this-node');
    expect(codeOf(judge({ ...everything, node: NODE }))).toBe('expired');
    expect(codeOf(judge({ term: 1 }))).toBe('term-too-low');
  });

  test('a clock that is off says how to set it', () => {
    const admission = judge({}, {}, { nowMs: NOW_MS + 300_000, offsetMs: null });
    expect(admission).toHaveProperty('reason', expect.stringContaining('timedatectl set-ntp true'));
  });
});

describe('a command that was taken up before', () => {
  const known = (underWay: boolean, sameArgs = true, verb = 'checkpoint') => ({
    known: () => ({ command: envelope().id, verb, sameArgs, underWay }),
    nonceSeen: () => true,
  });
  test('gets its stored result', () => expect(codeOf(judge({}, known(false)))).toBe('repeat'));
  test('gets it though it has expired or its term is low by now: “nothing was done” would be a lie', () => {
    expect(codeOf(judge({ issuedAt: at(-200_000), expiresAt: at(-100_000) }, known(false)))).toBe('repeat');
    expect(codeOf(judge({ term: 1 }, known(false)))).toBe('repeat');
  });
  test('is left alone while it is under way', () => expect(codeOf(judge({}, known(true)))).toBe('under-way'));
  test('is refused when it was another one', () => {
    expect(codeOf(judge({}, known(false, true, 'fence')))).toBe('not-understood');
    expect(codeOf(judge({}, known(false, false)))).toBe('not-understood');
  });
  test('is not told to who forged it', () => expect(codeOf(judge({}, known(false), {}, false))).toBe('signature-invalid'));
});

describe('a command with a number', () => {
  const seen = (orderSeen: number) => ({ leadership: leadership({ ordersSeen: { server: orderSeen } }) });
  const fence = (order: number, over: Partial<CommandEnvelope> = {}) => ({ verb: 'fence' as const, args: {}, order, ...over });
  const farOff = [-7_200_000, -600_000, 600_000, 7_200_000];

  test.each(farOff)('is performed whatever the controller’s clock says: off by %d ms', (offMs) => {
    const times = { issuedAt: at(offMs), expiresAt: at(offMs + 60_000) };
    expect(codeOf(judge(fence(8, times), seen(7)))).toBe('perform');
    expect(codeOf(judge(fence(8, times), { ...seen(7), newestIssuedAt: at(7_200_000) }))).toBe('perform');
    expect(codeOf(judge(fence(8, times), seen(7), { offsetMs: null }))).toBe('perform');
  });

  test.each(farOff)('that was captured stays refused, also by an agent whose clock is off by %d ms', (offMs) => {
    const clock = { nowMs: NOW_MS + offMs, offsetMs: null };
    expect(codeOf(judge(fence(7), seen(7), clock))).toBe('expired');
    expect(codeOf(judge(fence(3), seen(7), clock))).toBe('expired');
    // And when nothing has been taken up since: by its nonce, and by its term.
    expect(codeOf(judge(fence(8), { ...seen(7), nonceSeen: () => true }, clock))).toBe('not-understood');
    expect(codeOf(judge(fence(8, { term: 4 }), seen(7), clock))).toBe('term-too-low');
  });

  test('is compared with those of its own lane', () => {
    expect(codeOf(judge({ order: 3 }, seen(7)))).toBe('perform');
    expect(codeOf(judge({ order: 3 }, { leadership: leadership({ ordersSeen: { beside: 3 } }) }))).toBe('expired');
  });

  test('that only looks, or cancels, may come after a later one', () => {
    expect(codeOf(judge({ verb: 'report', args: {}, order: 3 }, seen(7)))).toBe('perform');
    expect(codeOf(judge({ verb: 'cancel', args: { command: envelope().id }, order: 3 }, seen(7)))).toBe('perform');
  });

  test.each([
    ['as long as it is valid', {}, 60_100, null, 'perform'],
    ['longer than it is valid', {}, 60_101, null, 'expired'],
    ['longer than was left when it was handed out', {}, 5_001, 5_000, 'expired'],
    ['what is left never prolongs it', {}, 60_101, 600_000, 'expired'],
    ['valid for longer than is allowed', { expiresAt: at(ENVELOPE_LIFE_MAX_MS) }, 0, null, 'expired'],
    ['valid backwards', { expiresAt: at(-60_000) }, 0, null, 'expired'],
  ] as const)('waits here: %s', (_what, over, waitedMs, leftMs, code) => {
    expect(codeOf(judge({ order: 8, ...over }, seen(7), { waitedMs, leftMs }))).toBe(code);
  });

  test('without one, as a controller of the release before gives it, goes by the time of issue', () => {
    expect(codeOf(judge({}, seen(7)))).toBe('perform');
    expect(codeOf(judge({}, { ...seen(7), newestIssuedAt: at(-50) }))).toBe('expired');
    expect(codeOf(judge({}, seen(7), { nowMs: NOW_MS - 300_000, offsetMs: null }))).toBe('expired');
  });
});
