import { describe, expect, test } from 'vitest';
import type { ClusterView } from '../../topology/model.ts';
import { aClusterInput, aClusterView, notAnswering, withNode, withPostgres } from '../../../../test/builders/cluster.ts';
import { NOW_MS, iso } from '../../../../test/builders/moment.ts';
import { aLedgerInput, aPlan } from '../../../../test/builders/operation.ts';
import { measure } from '../outlook/measure.ts';
import type { FailureKind, Measured, ObservedCondition, OperationEvent, Plan, RecordedEvent } from '../model.ts';
import { isSeen } from './observed.ts';

const view = aClusterView();
const BEFORE = NOW_MS - 10_000;

describe('what counts as seen', () => {
  test('a stream that both ends confirm, on the upstream’s timeline', () => {
    expect(isSeen({ see: 'streaming', standby: 'rax-dfw-a', upstream: 'aws-use1-a' }, view, BEFORE)).toEqual({
      seen: true,
      sentence: 'rax-dfw-a streams from aws-use1-a on timeline 1.',
    });
  });

  test.each<[string, ObservedCondition, ClusterView, number, RegExp]>([
    [
      'old good news',
      { see: 'streaming', standby: 'rax-dfw-a', upstream: 'aws-use1-a' },
      view,
      NOW_MS,
      /not observed since the step began/,
    ],
    ['another upstream', { see: 'streaming', standby: 'gcp-use4-a', upstream: 'aws-use1-a' }, view, BEFORE, /seen under aws-use1-b/],
    [
      'another timeline',
      { see: 'streaming', standby: 'rax-dfw-a', upstream: 'aws-use1-a' },
      aClusterView(
        {},
        withNode(aClusterInput(), 'aws-use1-a', (node) => withPostgres(node, { timeline: 2 })),
      ),
      BEFORE,
      /on timeline 1, aws-use1-a on 2/,
    ],
    ['a standby that is to be writable', { see: 'writable', node: 'rax-dfw-a' }, view, BEFORE, /is streaming/],
    ['a primary that is to be quiet', { see: 'not-writable', node: 'aws-use1-a' }, view, BEFORE, /may accept commits/],
    [
      'a frozen server is no quiet one',
      { see: 'not-writable', node: 'aws-use1-a' },
      aClusterView(
        {},
        withNode(aClusterInput(), 'aws-use1-a', (node) => notAnswering(node, 'not-responding')),
      ),
      BEFORE,
      /may accept commits/,
    ],
    ['too few synchronous standbys', { see: 'synchronous', primary: 'aws-use1-a', count: 1 }, view, BEFORE, /0 of 1/],
    [
      'a slot that nobody uses',
      { see: 'slots-active', node: 'aws-use1-a', slots: ['nobody'] },
      view,
      BEFORE,
      /No standby streams through nobody/,
    ],
    ['a node that is gone', { see: 'writable', node: 'gone' }, view, BEFORE, /not in the topology/],
  ])('not: %s', (_what, condition, seenIn, sinceMs, sentence) => {
    const { seen, sentence: said } = isSeen(condition, seenIn, sinceMs);
    expect(seen).toBe(false);
    expect(said).toMatch(sentence);
  });

  test('synchronous standbys are counted', () => {
    expect(isSeen({ see: 'synchronous', primary: 'aws-euw1-a', count: 2 }, aClusterView({}, aLedgerInput()), BEFORE).seen).toBe(true);
  });
});

describe('measured figures', () => {
  const plan = aPlan({ kind: 'switchover', target: 'aws-use1-b' });
  const story = (...events: [number, OperationEvent][]): RecordedEvent[] =>
    events.map(([ms, event], index) => ({ sequence: index + 1, at: iso(NOW_MS + ms), event }));
  const began = (step: string, undo = false): OperationEvent => ({ kind: 'step-started', step, attempt: 1, undo });
  const done = (step: string, evidence: unknown = {}, undo = false): OperationEvent => ({
    kind: 'step-done',
    step,
    undo,
    evidence,
    tookMs: 1,
  });

  test('of a switchover: from before clients were paused until they resumed', () => {
    const measured = measure(
      plan,
      story(
        [0, began('pause-payments-endpoint')],
        [20, began('stop-primary')],
        [70, done('take-term', { term: 2 })],
        [110, done('promote-aws-use1-b', { report: { timeline: 2 } })],
        [130, done('switch-payments-endpoint')],
        [900, done('follow-rax-dfw-a')],
      ),
    );
    expect(measured).toMatchObject({
      writeOutageMs: 130,
      lostRows: 0,
      lostBytes: 0,
      termBefore: 1,
      termAfter: 2,
      timelineBefore: 1,
      timelineAfter: 2,
      rewinds: 0,
    });
  });

  test('of one that was rolled back: until it was', () => {
    const measured = measure(
      plan,
      story(
        [0, began('pause-payments-endpoint')],
        [500, began('pause-payments-endpoint', true)],
        [520, done('pause-payments-endpoint', {}, true)],
      ),
    );
    expect(measured).toMatchObject({ writeOutageMs: 520, lostRows: 0, termAfter: 1, timelineAfter: 1 });
  });

  const failed = (step: string, failure: FailureKind): OperationEvent => ({
    ...{ kind: 'step-failed', step, attempt: 1, undo: false, code: 'no-answer', reason: 'No answer came.' },
    failure,
  });
  const broken = (planOf: Plan, failure: FailureKind): Measured => {
    const promote = planOf.steps.find(({ id }) => id.startsWith('promote-'))!.id;
    return measure(planOf, story([0, done('take-term', { term: 2 })], [10, began(promote)], [20, failed(promote, failure)]));
  };

  test('a promotion of which nobody knows whether it happened is never called one that did not', () => {
    expect(broken(plan, 'unknown')).toMatchObject({ lostRows: 0, timelineAfter: null });
    expect(broken(plan, 'unknown').lossBasis).toMatch(/^Whether the new primary was promoted is unknown/);
    expect(broken(plan, 'no-effect')).toMatchObject({
      lostRows: 0,
      timelineAfter: 1,
      lossBasis: expect.stringMatching(/^No other node/) as string,
    });
    const failover = aPlan({ kind: 'failover', target: null, fence: 'agent' });
    expect(broken(failover, 'unknown')).toMatchObject({ lostRows: null, lostTransactions: null, lostBytes: null, timelineAfter: null });
    expect(broken(failover, 'no-effect')).toMatchObject({ lostRows: 0 });
  });

  test('what was not measured is null', () => {
    expect(measure(plan, [])).toMatchObject({ writeOutageMs: null, writeOutageBasis: 'Not measured: writes were not paused.' });
  });
});
