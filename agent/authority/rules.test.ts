import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verb } from '../../lib/agent-contract/verbs.ts';
import { UNCLAIMED, afterEffect, beforeEffect, inCluster, leads, whyNotPerform, whyNotPrimary, whyNotWritable } from './rules.ts';
import type { Leadership } from './rules.ts';

const AT = '2026-11-21T12:00:00.000Z';
const ME = 'node-a';
const command = (verb: Verb, term: number, args: unknown = {}) => ({ verb, term, args });
/** Admitted, performed and done. */
function done(state: Leadership, verb: Verb, term: number, args: unknown = {}): Leadership {
  expect(whyNotPerform(state, { verb, term }, ME)).toBeNull();
  const inRecovery = verb === 'start-standby' || verb === 'follow' ? true : null;
  return afterEffect(beforeEffect(state, command(verb, term, args), ME, AT), { verb, term }, { inRecovery, streaming: false }, AT);
}
const noted = (term: number, holder: string): Leadership => done(UNCLAIMED, 'note-term', term, { holder, timeline: 1 });

describe('switchover away from here', () => {
  test('stopped for it: may not return as primary on its own, but may be started again under its own term', () => {
    const stopped = done(noted(1, ME), 'stop-primary', 1, { keepStreaming: [], drainMs: 0 });
    expect(whyNotWritable(stopped)).toMatch(/fenced/);
    expect(leads(done(stopped, 'start-primary', 1))).toBe(true);
  });
  test('comes back as standby of the new primary, with nothing left of its leadership', () => {
    const stopped = done(noted(1, ME), 'stop-primary', 1, { keepStreaming: [], drainMs: 0 });
    const standby = done(stopped, 'start-standby', 2, { upstream: 'node-b', slot: null });
    expect(standby).toMatchObject({ role: 'follower', termSeen: 2, leaderTerm: null, fenced: null });
    expect(whyNotWritable(standby)).toBeNull();
    expect(whyNotPrimary(standby)).toMatch(/follower/);
  });
  test('an agent that was never told of a term may be started again too', () => {
    const stopped = done(UNCLAIMED, 'stop-primary', 1, { keepStreaming: [], drainMs: 0 });
    expect(leads(done(stopped, 'start-primary', 1))).toBe(true);
  });
});

describe('failover', () => {
  test('a fenced node may lead again only when an opened term is given back to it', () => {
    const fenced = done(noted(1, ME), 'fence', 2);
    expect(fenced).toMatchObject({ role: 'fenced', termSeen: 2, leaderTerm: 1 });
    expect(leads(done(fenced, 'start-primary', 2))).toBe(true);
    const other = done(fenced, 'note-term', 2, { holder: 'node-b', timeline: 2 });
    expect(other.role).toBe('fenced');
    expect(whyNotPerform(other, { verb: 'start-primary', term: 2 }, ME)?.code).toBe('not-the-holder');
  });
  test('a leader that hears of a higher term is none any more', () => {
    const heard = done(noted(1, ME), 'report', 2);
    expect(leads(heard)).toBe(false);
    expect(whyNotWritable(heard)).toMatch(/term 1; the term is now 2/);
  });
  test('a node that is promoted has claimed its term before', () => {
    const standby = noted(1, 'node-b');
    expect(leads(beforeEffect(standby, command('promote', 2), ME, AT))).toBe(true);
  });
  test('two holders of one term: the one that is told so is the former leader', () => {
    const claimed = done(noted(1, 'node-b'), 'promote', 2, { timeline: 1, receivedPast: null, waitMs: 0 });
    const told = done(claimed, 'note-term', 2, { holder: 'node-c', timeline: 2 });
    expect(whyNotWritable(told)).toMatch(/belongs to node-c/);
  });
});

test('another cluster begins again, but a directory that must not be started stays so', () => {
  const unusable = { since: AT, reason: 'A rewind did not finish.' };
  const moved = inCluster({ ...noted(9, ME), cluster: 'payments', unusable }, 'ledger');
  expect(moved).toEqual({ ...UNCLAIMED, cluster: 'ledger', unusable });
});

describe('whatever is admitted in whatever order', () => {
  const verbs = ['report', 'note-term', 'promote', 'start-primary', 'stop-primary', 'start-standby', 'follow', 'fence', 'promise'] as const;
  const commands = fc.array(
    fc.record({ verb: fc.constantFrom(...verbs), term: fc.integer({ min: 1, max: 6 }), holder: fc.constantFrom(ME, 'node-b') }),
    { maxLength: 30 },
  );
  const play = (
    given: readonly { verb: Verb; term: number; holder: string }[],
    each: (before: Leadership, after: Leadership) => void,
  ): void => {
    let state = UNCLAIMED;
    for (const { verb, term, holder } of given) {
      if (term < state.termSeen || whyNotPerform(state, { verb, term }, ME) !== null) continue;
      const before = state;
      state = beforeEffect(state, command(verb, term, { holder, timeline: null }), ME, AT);
      each(before, state);
      const inRecovery = verb === 'start-standby' || verb === 'follow' ? true : null;
      const after = afterEffect(state, { verb, term }, { inRecovery, streaming: false }, AT);
      each(state, after);
      state = after;
    }
  };
  test('the highest term seen never falls', () =>
    fc.assert(
      fc.property(commands, (given) => play(given, (before, after) => expect(after.termSeen).toBeGreaterThanOrEqual(before.termSeen))),
    ));
  test('nobody leads under another term than the highest seen, and a leader is always its holder', () =>
    fc.assert(
      fc.property(commands, (given) =>
        play(given, (_before, after) => {
          if (leads(after)) expect(after).toMatchObject({ holder: ME, leaderTerm: after.termSeen });
          if (after.role === 'leader' && after.leaderTerm !== after.termSeen) expect(whyNotWritable(after)).not.toBeNull();
        }),
      ),
    ));
  test('a fence ends only by becoming a standby or by a claim under a term that is not lower', () =>
    fc.assert(
      fc.property(commands, (given) =>
        play(given, (before, after) => {
          if (before.role === 'fenced' && after.role !== 'fenced') expect(after.role === 'follower' || leads(after)).toBe(true);
        }),
      ),
    ));
});
