import { describe, expect, test } from 'vitest';
import { aClusterInput, aPolicy, withNode } from '../../../../test/builders/cluster.ts';
import { aPlanningInput, withDeadPrimary } from '../../../../test/builders/operation.ts';
import { chooseCandidate } from './candidate.ts';
import type { CandidateReport } from './candidate.ts';
import { findFork } from './fork.ts';

const input = aPlanningInput(withDeadPrimary(aClusterInput()));

function reported(
  node: string,
  lsn: string,
  overrides: Partial<CandidateReport['report']> = {},
  history: CandidateReport['history'] = [],
): CandidateReport {
  const report = {
    ...{ at: '2026-11-20T12:00:00.000Z', running: true, inRecovery: true, timeline: 1, flushLsn: null, receivedLsn: lsn, replayedLsn: lsn },
    ...{ receiving: false, replayPaused: false, upstream: null, control: null },
    ...overrides,
  };
  return { node, report, history };
}

describe('who takes over', () => {
  test('the one with the most WAL, compared as numbers', () => {
    const choice = chooseCandidate([reported('aws-use1-b', '0/9000000'), reported('rax-dfw-a', '0/A000000')], input, null);
    expect(choice).toMatchObject({
      chosen: 'rax-dfw-a',
      timeline: 1,
      lsn: '0/A000000',
      sentence: 'rax-dfw-a holds the most WAL (0/A000000).',
    });
  });

  test('what was replayed counts where the receiver has restarted', () => {
    const restarted = reported('aws-use1-b', '0/3000000', { replayedLsn: '0/5000000' });
    expect(chooseCandidate([restarted, reported('rax-dfw-a', '0/4000000')], input, null).chosen).toBe('aws-use1-b');
  });

  test('a wish decides between equals only', () => {
    const level = [reported('aws-use1-b', '0/5000000'), reported('rax-dfw-a', '0/5000000')];
    expect(chooseCandidate(level, input, 'rax-dfw-a').chosen).toBe('rax-dfw-a');
    const behind = [reported('aws-use1-b', '0/5000060'), reported('rax-dfw-a', '0/5000000')];
    const choice = chooseCandidate(behind, input, 'rax-dfw-a');
    expect(choice).toMatchObject({ chosen: 'aws-use1-b', sentence: expect.stringMatching(/rax-dfw-a was requested/) as string });
  });

  test.each<[string, CandidateReport, RegExp]>([
    ['a server that is down', reported('rax-dfw-a', '0/5000000', { running: false }), /does not run/],
    ['a server out of recovery', reported('rax-dfw-a', '0/5000000', { inRecovery: false }), /out of recovery already/],
    ['an unknown position', reported('rax-dfw-a', '0/0', { receivedLsn: null, replayedLsn: null }), /unknown/],
    ['a standby whose replay is paused', reported('rax-dfw-a', '0/5000000', { replayPaused: true }), /replay is paused/],
    ['a timeline that came from elsewhere', reported('rax-dfw-a', '0/5000000', { timeline: 2 }, []), /did not come from timeline 1/],
    ['a node that is gone', reported('gone', '0/5000000'), /not a node of this cluster any more/],
  ])('never %s', (_what, report, reason) => {
    const choice = chooseCandidate([report], input, null);
    expect(choice.chosen).toBeNull();
    expect(choice.ranking[0]?.reasons.join(' ')).toMatch(reason);
    expect(choice.sentence).toMatch(reason);
  });

  test('where nobody may, each is named with its reason, those with the same one together', () => {
    const down = ['aws-use1-b', 'rax-dfw-a'].map((name) => reported(name, '0/5000000', { running: false }));
    expect(chooseCandidate(down, input, null).sentence).toBe(
      'No standby that reported may be promoted. aws-use1-b and rax-dfw-a: Its server does not run.',
    );
    expect(chooseCandidate([], input, null).sentence).toBe('No standby has reported.');
  });

  test('never one that has missed a change of primary: what was written since would be lost', () => {
    const later = { ...input, leadership: { ...input.leadership!, timeline: 2 } };
    const missed = reported('rax-dfw-a', '0/4000000');
    expect(chooseCandidate([missed], later, null).ranking[0]?.reasons[0]).toMatch(/missed a change of primary/);
    const open = {
      ...input,
      leadership: { ...input.leadership!, holder: null, timeline: null },
      view: { ...input.view, lastPrimary: { ...input.view.lastPrimary!, timeline: 2 } },
    };
    expect(chooseCandidate([missed], open, null).chosen).toBeNull();
    const both = chooseCandidate(
      [missed, reported('aws-use1-b', '0/3000000', { timeline: 2 }, [{ timeline: 1, endLsn: '0/2000000' }])],
      later,
      null,
    );
    expect(both.chosen).toBe('aws-use1-b');
    expect(both.ranking[1]?.reasons[0]).toMatch(/holds WAL that timeline 2 does not have/);
  });

  test('never one that the rule of residency, a maintenance or lower parameters keep out', () => {
    const abroad = { ...input, policy: aPolicy({ jurisdictions: ['EU'] }) };
    expect(chooseCandidate([reported('rax-dfw-a', '0/5000000')], abroad, null).ranking[0]?.reasons[0]).toMatch(/may only reside in EU/);
    const maintained = {
      ...input,
      nodes: input.nodes.map((node) => ({
        ...node,
        maintenance: { owner: 'ada', reason: 'New disk.', endsAt: '2026-11-20T13:00:00.000Z' },
      })),
    };
    expect(chooseCandidate([reported('rax-dfw-a', '0/5000000')], maintained, null).ranking[0]?.reasons[0]).toMatch(/maintenance by ada/);
    const small = aPlanningInput(
      withNode(aClusterInput(), 'rax-dfw-a', (node) => ({
        ...node,
        facts: { ...node.facts!, settings: [{ name: 'max_connections', value: '20', source: 'x', pendingRestart: false }] },
      })),
    );
    expect(chooseCandidate([reported('rax-dfw-a', '0/5000000')], small, null).ranking[0]?.reasons[0]).toMatch(
      /max_connections is 20, below the 60/,
    );
  });

  test('nobody, when too few synchronous standbys were heard', () => {
    const choice = chooseCandidate([reported('rax-dfw-a', '0/5000000')], input, null, { of: ['rax-dfw-a', 'aws-use1-b'], count: 2 });
    expect(choice).toMatchObject({ chosen: null, sentence: expect.stringMatching(/Only 1 of the 2/) as string });
  });
});

describe('where histories part', () => {
  const one = { timeline: 1, endLsn: '0/3000000' };
  test.each([
    ['the old primary stayed behind', { timeline: 1, ancestors: [] }, { timeline: 2, ancestors: [one] }, { timeline: 1, lsn: '0/3000000' }],
    ['it was promoted by hand', { timeline: 2, ancestors: [one] }, { timeline: 1, ancestors: [] }, { timeline: 2, lsn: '0/3000000' }],
    [
      'both continued on their own',
      { timeline: 2, ancestors: [one] },
      { timeline: 2, ancestors: [{ timeline: 1, endLsn: '0/2000000' }] },
      { timeline: 2, lsn: '0/2000000' },
    ],
    ['they never parted', { timeline: 2, ancestors: [one] }, { timeline: 2, ancestors: [one] }, { timeline: 2, lsn: 'FFFFFFFF/FFFFFFFF' }],
    ['nothing in common', { timeline: 5, ancestors: [{ timeline: 4, endLsn: '0/1' }] }, { timeline: 2, ancestors: [one] }, null],
  ])('%s', (_what, own, theirs, expected) => {
    expect(findFork(own, theirs)).toEqual(expected);
  });
});
