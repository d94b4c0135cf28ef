import { describe, expect, test } from 'vitest';
import { aClusterInput, notAnswering, withNode } from '../../../test/builders/cluster.ts';
import { NOW_MS } from '../../../test/builders/moment.ts';
import { aPlan, aPlanningInput, withDeadPrimary } from '../../../test/builders/operation.ts';
import { claimOf, lookAhead } from './checks/checks.ts';
import { isInTheWay, occupancyOf } from './lanes.ts';
import type { Claim, UnderWay } from './lanes.ts';
import type { OperationRequest } from './model.ts';
import type { PlanningInput } from './plan/inputs.ts';

const leadership = (...has: string[]): Claim => ({ lane: 'leadership', has, reliesOn: [] });
const node = (has: string[], reliesOn: string[] = []): Claim => ({ lane: 'node', has, reliesOn });
const drill = (...has: string[]): Claim => ({ lane: 'drill', has, reliesOn: [] });

describe('two operations at once', () => {
  test.each<[string, Claim, Claim, boolean]>([
    ['two changes of primary, whatever nodes they need', leadership('a', 'b'), leadership('c', 'd'), true],
    ['two re-clones from one primary', node(['b'], ['a']), node(['c'], ['a']), false],
    ['two operations on one node', node(['b'], ['a']), node(['b'], ['c']), true],
    ['a copy, and something that stops its source', node(['b'], ['a']), node(['a']), true],
    ['two that rely on one node', node([], ['a']), node([], ['a']), false],
    ['a re-clone beside a switchover that does not need it', node(['d'], ['c']), leadership('a', 'b'), false],
    ['a re-clone of the node that is to take over', node(['b'], ['a']), leadership('a', 'b'), true],
    ['a re-clone whose source a switchover stops', node(['d'], ['a']), leadership('a', 'b'), true],
    ['a drill beside a change of primary', drill('b'), leadership('a', 'b'), false],
    ['two drills on one host', drill('b'), drill('b'), true],
    ['one of a release that did not say', { lane: 'leadership', has: null, reliesOn: [] }, node(['d']), true],
  ])('%s', (_what, one, other, expected) => {
    expect(isInTheWay(one, other)).toBe(expected);
    expect(isInTheWay(other, one)).toBe(expected);
  });
});

const healthy = aPlanningInput();
const toRevert = aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (one) => notAnswering(one, 'stopped')));
const dead = aPlanningInput(withDeadPrimary(aClusterInput()));

describe('what each kind occupies', () => {
  test.each<[OperationRequest, PlanningInput, Claim]>([
    [{ kind: 'switchover', target: 'aws-use1-b' }, healthy, leadership('aws-use1-a', 'aws-use1-b', 'rax-dfw-a')],
    [{ kind: 'restart', target: 'aws-use1-b' }, healthy, node(['aws-use1-b'])],
    [{ kind: 'reload', target: 'aws-use1-b' }, healthy, node([], ['aws-use1-b'])],
    [{ kind: 'drop-slot', target: 'aws-use1-a', slot: 'rax_dfw_a' }, toRevert, node([], ['aws-use1-a'])],
    [{ kind: 'reversion', target: 'rax-dfw-a', method: 're-clone', switchBack: false }, toRevert, node(['rax-dfw-a'], ['aws-use1-a'])],
  ])('$0.kind', (request, input, expected) => {
    const { lane, has, reliesOn } = claimOf(aPlan(request, input));
    expect(lane).toBe(expected.lane);
    if (request.kind === 'switchover') expect(has).toEqual(expect.arrayContaining(['aws-use1-a', 'aws-use1-b']));
    else expect({ has, reliesOn }).toMatchObject({ has: expected.has, reliesOn: expect.arrayContaining([...expected.reliesOn]) });
  });

  test('a failover needs the old primary and every standby that is seen', () => {
    const claim = claimOf(aPlan({ kind: 'failover', target: null, fence: 'override' }, dead));
    expect(claim.lane).toBe('leadership');
    expect(claim.has).toEqual(expect.arrayContaining(['aws-use1-a', 'aws-use1-b']));
  });
});

describe('what a failover finds under way', () => {
  const FAILOVER: OperationRequest = { kind: 'failover', target: null, fence: 'override' };
  const failover = aPlan(FAILOVER, dead);
  const one = (over: Partial<UnderWay> = {}): UnderWay => ({
    ...{ id: '0f0c8a4e-1111-4222-8333-444455556666', kind: 'switchover', state: 'running', waitsFor: [] },
    ...{ lane: 'leadership', has: ['aws-use1-a', 'aws-use1-b'], reliesOn: [], ...over },
  });
  const reClone = { kind: 'reversion', lane: 'node', has: ['aws-use1-b'], reliesOn: ['aws-use1-a'] } as const;
  test.each<[string, Partial<UnderWay>, 'nothing' | 'taken over' | 'in the way']>([
    ['a switchover that waits for approval', { state: 'awaiting-approval', has: null }, 'nothing'],
    ['a switchover that is about to begin', { state: 'queued', has: null }, 'nothing'],
    ['a re-clone of a node that it needs', reClone, 'taken over'],
    ['a re-clone of another node', { ...reClone, has: ['elsewhere'], reliesOn: [] }, 'nothing'],
    ['a switchover that proceeds as it should', {}, 'in the way'],
    ['a switchover that is held', { state: 'held' }, 'taken over'],
    ['a switchover that waits for a node that reports', { waitsFor: ['aws-use1-b'] }, 'in the way'],
    ['a switchover that waits for a node that is gone', { waitsFor: ['gone'] }, 'taken over'],
    ['a held one of a release that did not say what it occupies', { state: 'held', has: null }, 'taken over'],
    ['a drill', { lane: 'drill' }, 'nothing'],
  ])('%s: %s', (_what, over, expected) => {
    const input = { ...dead, underWay: [one(over)] };
    const { inTheWay, takenOver } = occupancyOf(claimOf(failover), true, input);
    const found = inTheWay.length > 0 ? 'in the way' : takenOver.length > 0 ? 'taken over' : 'nothing';
    expect(found).toBe(expected);
    const { risks, blocked } = lookAhead(failover, input);
    expect(risks.some(({ code }) => code === 'operation-taken-over')).toBe(expected === 'taken over');
    expect(blocked.some((sentence) => sentence.includes('No other operation is in the way'))).toBe(expected === 'in the way');
  });

  test('the risk is acknowledged for each operation by its id', () => {
    const other = 'aaaaaaaa-1111-4222-8333-444455556666';
    const underWay = [one({ state: 'held' }), one({ ...reClone, id: other })];
    const { risks } = lookAhead(failover, { ...dead, underWay });
    const ids = risks.flatMap(({ code, values }) => (code === 'operation-taken-over' ? [values['operation']] : []));
    expect(ids).toEqual([underWay[0]!.id, other]);
  });

  test('nothing but a failover takes over', () => {
    const held = { ...healthy, underWay: [one({ state: 'held' })] };
    const outlook = lookAhead(aPlan({ kind: 'switchover', target: 'aws-use1-b' }, healthy), held);
    expect(outlook).toMatchObject({ takenOver: [], inTheWay: [{ id: held.underWay[0]!.id }] });
    expect(outlook.blocked.join(' ')).toContain('No other operation is in the way');
  });

  test('a node is gone when its agent has not reported for 5 s', () => {
    const input = { ...dead, nowMs: NOW_MS + 5_001, underWay: [one({ waitsFor: ['aws-use1-b'] })] };
    expect(occupancyOf(claimOf(failover), true, input).takenOver).toHaveLength(1);
  });
});
