import { expect, test } from 'vitest';
import { aClusterInput, notAnswering } from '../../../test/builders/cluster.ts';
import { aPlan, aPlanningInput, withDeadPrimary } from '../../../test/builders/operation.ts';
import { sealPlan } from '../../audit/plan-hash.ts';
import { lookAhead } from './checks/checks.ts';
import type { Plan } from './model.ts';
import { isSamePlan } from './outlook/difference.ts';
import { isAcknowledged } from './risks.ts';

const dead = aPlanningInput(withDeadPrimary(aClusterInput()));
const plan = aPlan({ kind: 'failover', target: null, fence: 'override' }, dead);
const { risks } = lookAhead(plan, dead);

test('a risk is acknowledged by its code and values, or by a sentence of this release or the one before, and by nothing else', () => {
  expect(risks.map(({ code, values }) => ({ code, values }))).toEqual([
    { code: 'rows-lost', values: { node: 'aws-use1-a' } },
    { code: 'fence-unproven', values: { node: 'aws-use1-a' } },
  ]);
  const [lost, unproven] = [risks[0]!, risks[1]!];
  expect(isAcknowledged(lost, [{ code: 'rows-lost', values: { node: 'aws-use1-a' } }])).toBe(true);
  expect(isAcknowledged(lost, ['Rows that aws-use1-a acknowledged and no standby has received are lost.'])).toBe(true);
  expect(isAcknowledged({ ...lost, sentence: 'Other words.' }, ['Other words.'])).toBe(true);
  const old = 'aws-use1-a is off: I state it, and Farshore has no proof.';
  expect(isAcknowledged({ ...unproven, sentence: 'Other words.' }, [old])).toBe(true);
  const wrong = [
    { code: 'rows-lost', values: { node: 'aws-use1-b' } },
    { code: 'rows-lost', values: {} },
    { code: 'rows-lost', values: { node: 'aws-use1-a', more: 'x' } },
    { code: 'fence-unproven', values: { node: 'aws-use1-a' } },
    'Rows that aws-use1-b acknowledged and no standby has received are lost.',
  ];
  for (const one of wrong) expect(isAcknowledged(lost, [one]), JSON.stringify(one)).toBe(false);
});

test('no wording moves the hash of a plan, and everything that it does moves it', () => {
  const { hash } = sealPlan(plan);
  const [first, ...rest] = plan.steps;
  const words = { title: 'x', does: 'x', verifiedBy: 'x', worst: 'x', waitsFor: 'x', undoText: 'x', rungWords: 'x' };
  expect(sealPlan({ ...plan, summary: 'x', steps: [{ ...first!, ...words }, ...rest] }).hash).toBe(hash);
  const others: Partial<typeof first>[] = [
    { id: 'x' },
    { deadlineMs: 1 },
    { attemptsMax: 9 },
    { onFailure: 'hold' },
    { undo: null },
    { rung: 'x' },
  ];
  for (const part of others)
    expect(sealPlan({ ...plan, steps: [{ ...first!, ...part }, ...rest] }).hash, JSON.stringify(part)).not.toBe(hash);
  for (const part of [{ term: 9 }, { cluster: 'x' }, { approvalsRequired: 9 }, { pointOfNoReturn: 1 }])
    expect(sealPlan({ ...plan, ...part }).hash, JSON.stringify(part)).not.toBe(hash);
});

test('a plan of the release before is verified by the hash of all of it, and does the same as the one that would be made now', () => {
  const before = aPlan({ kind: 'reversion', target: 'rax-dfw-a', method: 'rewind', switchBack: false }, aPlanningInput(stopped()));
  const asStored: Plan = { ...before, planVersion: 1, steps: before.steps.map(({ rungWords, ...step }) => withOldRung(step, rungWords)) };
  const again = JSON.parse(sealPlan(asStored).body) as Plan;
  expect(sealPlan(again).hash).toBe(sealPlan(asStored).hash);
  expect(sealPlan({ ...again, summary: 'x' }).hash).not.toBe(sealPlan(again).hash);
  expect(isSamePlan(again, before)).toBe(true);
  expect(isSamePlan(again, { ...before, steps: before.steps.slice(1) })).toBe(false);
});

const withOldRung = (step: Omit<Plan['steps'][number], 'rungWords'>, words: string | undefined) =>
  words === undefined ? step : { ...step, rung: words, title: 'As it was called then' };
function stopped() {
  const input = aClusterInput();
  return { ...input, nodes: input.nodes.map((node) => (node.name === 'rax-dfw-a' ? notAnswering(node, 'stopped') : node)) };
}
