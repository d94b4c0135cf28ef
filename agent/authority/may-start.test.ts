import { describe, expect, test } from 'vitest';
import { mayStart } from './may-start.ts';
import type { StartQuestion } from './may-start.ts';
import { UNCLAIMED } from './rules.ts';
import type { Leadership } from './rules.ts';

const LED: Leadership = { ...UNCLAIMED, cluster: 'payments', termSeen: 1, holder: 'node-a', role: 'leader', leaderTerm: 1 };
const ask = (over: Partial<StartQuestion> = {}) =>
  mayStart({
    nodeName: 'node-a',
    leadership: LED,
    timeline: 1,
    startsInRecovery: false,
    isHeld: false,
    recorded: undefined,
    peers: [],
    ...over,
  });
const peer = (node: string, answer: { isPrimary: boolean; timeline: number } | null) => ({ node, answer });

describe('the controller answers', () => {
  test('its holder starts, after a reboot as well', () => expect(ask({ recorded: { term: 1, holder: 'node-a' } }).may).toBe('start'));
  test('an agent that lost power and knows of no other leader is told', () =>
    expect(ask({ recorded: { term: 2, holder: 'node-b' } })).toMatchObject({
      may: 'not',
      hold: true,
      because: expect.stringMatching(/node-b holds term 2/) as string,
    }));
  test('a change of primary under way: not yet', () => expect(ask({ recorded: { term: 2, holder: null } }).may).toBe('unknown'));
  test('an opened term that was given back to it', () =>
    expect(ask({ recorded: { term: 2, holder: null }, leadership: { ...LED, termSeen: 2, leaderTerm: 2 } }).may).toBe('start'));
  test('a term taken by hand that is not on record yet', () =>
    expect(ask({ recorded: { term: 1, holder: 'node-b' }, leadership: { ...LED, termSeen: 2, leaderTerm: 2 } }).may).toBe('start'));
  test('nobody ever led', () => expect(ask({ recorded: null, leadership: UNCLAIMED }).may).toBe('start'));
});

describe('known without asking', () => {
  test('a standby starts', () => expect(ask({ startsInRecovery: true }).may).toBe('start'));
  test('a fenced node does not', () =>
    expect(ask({ leadership: { ...LED, role: 'fenced' }, recorded: { term: 1, holder: 'node-a' } })).toMatchObject({
      may: 'not',
      hold: true,
    }));
  test('a half rewound directory does not, not even as a standby', () => {
    const unusable = { since: '2026-11-21T12:00:00.000Z', reason: 'A rewind did not finish.' };
    expect(ask({ leadership: { ...LED, unusable }, startsInRecovery: true })).toMatchObject({ may: 'not', hold: false });
  });
  test('a held directory does not come up read only by chance', () =>
    expect(ask({ startsInRecovery: true, isHeld: true, recorded: { term: 1, holder: 'node-a' } }).because).toMatch(
      /remove standby\.signal/,
    ));
});

describe('the controller gives no answer', () => {
  test('all others are standbys of the same line', () =>
    expect(ask({ peers: [peer('node-b', { isPrimary: false, timeline: 1 })] }).may).toBe('start'));
  test('one is a primary, or on a later line', () => {
    expect(ask({ peers: [peer('node-b', { isPrimary: true, timeline: 1 }), peer('node-c', null)] })).toMatchObject({
      may: 'not',
      hold: false,
    });
    expect(ask({ peers: [peer('node-b', { isPrimary: false, timeline: 2 })] }).because).toMatch(/timeline 2, after 1/);
  });
  test('one that can’t be asked may have taken over', () =>
    expect(ask({ peers: [peer('node-b', { isPrimary: false, timeline: 1 }), peer('node-c', null)] })).toMatchObject({
      may: 'unknown',
      because: expect.stringMatching(/node-c can’t be asked/) as string,
    }));
  test('a node without peers', () => expect(ask().may).toBe('start'));
});
