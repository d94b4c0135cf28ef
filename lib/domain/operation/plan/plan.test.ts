import { describe, expect, test } from 'vitest';
import {
  aClusterInput,
  aPolicy,
  notAnswering,
  silentFor,
  withNode,
  withPostgres,
  withPrimaryCutOff,
} from '../../../../test/builders/cluster.ts';
import { aLedgerInput, aPlan, aPlanningInput, withDeadPrimary } from '../../../../test/builders/operation.ts';
import { aSlot } from '../../../../test/builders/observation.ts';
import { sealPlan } from '../../../audit/plan-hash.ts';
import { comparePlans, essenceOf, isSamePlan, wouldDropForeignSlot } from '../outlook/difference.ts';
import { CHOSEN } from '../model.ts';
import type { OperationRequest, Plan } from '../model.ts';
import { planOperation } from './plan.ts';

const idsIn = (plan: Plan, phase: string) => plan.steps.filter((step) => step.phase === phase).map(({ id }) => id);
const impossible = (request: OperationRequest, input = aPlanningInput()): string[] => {
  const planned = planOperation(request, input);
  return 'impossible' in planned ? planned.impossible : [];
};
const deadPayments = () => aPlanningInput(withDeadPrimary(aClusterInput()));
const deadLedger = () => aPlanningInput(withDeadPrimary(aLedgerInput()));
const reverted = (method: 'rewind' | 're-clone' | 'keep', switchBack = false) =>
  aPlan(
    { kind: 'reversion', target: 'rax-dfw-a', method, switchBack },
    aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => notAnswering(node, 'stopped'))),
  );

describe('switchover', () => {
  test('holds in the critical section what must be in it, and nothing else', () => {
    const plan = aPlan({ kind: 'switchover', target: 'aws-use1-b' });
    expect(idsIn(plan, 'critical')).toEqual([
      'pause-payments-endpoint',
      'point-payments-endpoint',
      'stop-primary',
      'await-last-wal',
      'take-term',
      'promote-aws-use1-b',
      'switch-payments-endpoint',
    ]);
    expect(plan.steps.find(({ stage }) => stage === plan.pointOfNoReturn)?.id).toBe('take-term');
    expect(plan.summary).toBe('aws-use1-b becomes primary; aws-use1-a, gcp-use4-a and rax-dfw-a follow it.');
  });

  test('moves who streamed from the old primary, leaves who streams from the target, and drops the slots that are left', () => {
    const plan = aPlan({ kind: 'switchover', target: 'aws-use1-b' });
    expect(Object.fromEntries(plan.after.nodes.map(({ name, upstream }) => [name, upstream]))).toEqual({
      'aws-use1-a': 'aws-use1-b',
      'aws-use1-b': null,
      'gcp-use4-a': 'aws-use1-b',
      'rax-dfw-a': 'aws-use1-b',
    });
    expect(idsIn(plan, 'finish')).toEqual(
      expect.arrayContaining([
        'follow-rax-dfw-a',
        'start-standby-aws-use1-a',
        'drop-rax-dfw-a-on-aws-use1-a',
        'drop-aws-use1-b-on-aws-use1-a',
      ]),
    );
    expect(plan.steps.map(({ id }) => id)).not.toContain('follow-gcp-use4-a');
  });

  test('drops what an earlier change left on the old primary for a standby that streams elsewhere, and keeps that of one that is not seen', () => {
    const request: OperationRequest = { kind: 'switchover', target: 'aws-use1-b' };
    const left = withNode(aClusterInput(), 'aws-use1-a', (node) =>
      withPostgres(node, { slots: [...(node.latest?.observation.postgres?.slots ?? []), aSlot('gcp_use4_a', { active: false })] }),
    );
    expect(idsIn(aPlan(request, aPlanningInput(left)), 'finish')).toContain('drop-gcp-use4-a-on-aws-use1-a');
    const unseen = withNode(left, 'gcp-use4-a', (node) => silentFor(node, 60_000));
    expect(idsIn(aPlan(request, aPlanningInput(unseen)), 'finish')).not.toContain('drop-gcp-use4-a-on-aws-use1-a');
  });

  test('a cascading target comes under the primary before anything stops', () => {
    const plan = aPlan({ kind: 'switchover', target: 'gcp-use4-a' });
    const prepare = idsIn(plan, 'prepare');
    expect(prepare).toEqual(
      expect.arrayContaining(['slot-for-gcp-use4-a-on-aws-use1-a', 'follow-gcp-use4-a-directly', 'see-streaming-gcp-use4-a']),
    );
    expect(plan.after.nodes.find(({ name }) => name === 'aws-use1-b')?.upstream).toBe('gcp-use4-a');
    expect(idsIn(plan, 'finish')).toContain('drop-gcp-use4-a-on-aws-use1-b');
  });

  test('in a synchronous cluster the old primary takes the place of the new, and who acknowledges follows while clients wait', () => {
    const plan = aPlan({ kind: 'switchover', target: 'gcp-euw4-a' }, aPlanningInput(aLedgerInput()));
    expect(plan.after.synchronous).toEqual({ method: 'ANY', required: 1, standbys: ['aws-euw1-a', 'az-weu-a'] });
    expect(idsIn(plan, 'critical')).toContain('follow-az-weu-a');
    expect(idsIn(plan, 'prepare')).toContain('synchronous-on-gcp-euw4-a');
  });

  test('commands carry the present term before the hand-over and the next one after', () => {
    const plan = aPlan({ kind: 'switchover', target: 'gcp-use4-a' });
    for (const { stage, action } of plan.steps) {
      if (action.by === 'agent') expect(action.term).toBe(stage < plan.pointOfNoReturn! ? 'current' : 'next');
    }
  });

  test.each<[string, OperationRequest, ReturnType<typeof aPlanningInput>, RegExp]>([
    ['a node that is gone', { kind: 'switchover', target: 'gone' }, aPlanningInput(), /gone is not a node of payments/],
    ['the primary', { kind: 'switchover', target: 'aws-use1-a' }, aPlanningInput(), /aws-use1-a is the primary already/],
    ['no primary', { kind: 'switchover', target: 'aws-use1-b' }, deadPayments(), /No primary is seen.*use a failover/],
    [
      'a target out of sight',
      { kind: 'switchover', target: 'rax-dfw-a' },
      aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => silentFor(node, 60_000))),
      /rax-dfw-a is not seen now/,
    ],
    [
      'a target that is down',
      { kind: 'switchover', target: 'rax-dfw-a' },
      aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => notAnswering(node, 'stopped'))),
      /rax-dfw-a is down/,
    ],
    [
      'another timeline',
      { kind: 'switchover', target: 'rax-dfw-a' },
      aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => withPostgres(node, { timeline: 2 }))),
      /timeline 2, aws-use1-a on 1/,
    ],
    [
      'a record that disagrees',
      { kind: 'switchover', target: 'rax-dfw-a' },
      aPlanningInput(aClusterInput({ leadership: { term: 2, holder: 'aws-use1-b', timeline: 1 } })),
      /Term 2 belongs to aws-use1-b/,
    ],
  ])('refuses %s', (_what, request, input, sentence) => {
    expect(impossible(request, input).join(' ')).toMatch(sentence);
  });

  test('nobody ever led', () => {
    expect(impossible({ kind: 'switchover', target: 'aws-use1-b' }, aPlanningInput(aClusterInput({ leadership: null })))[0]).toMatch(
      /No primary of payments was ever seen/,
    );
  });
});

describe('failover', () => {
  test('a primary that was cut off: its standbys still wait for it to speak, are seen all the same, and take part', () => {
    const standbys = ['aws-use1-b', 'gcp-use4-a', 'rax-dfw-a'];
    const input = aPlanningInput(withPrimaryCutOff(aClusterInput(), 20_000));
    const states = standbys.map((name) => input.view.nodes.find((node) => node.name === name)?.state);
    expect(states, 'whether they stream is unknown').toContain('unknown');
    const plan = aPlan(request, input);
    expect(plan.steps.map(({ id }) => id)).toEqual(
      expect.arrayContaining(standbys.flatMap((name) => [`promise-${name}`, `follow-${name}`])),
    );
    expect(plan.before.nodes.filter(({ role }) => role === 'standby').map(({ name }) => name)).toEqual(standbys);
  });

  const request: OperationRequest = { kind: 'failover', target: null, fence: 'agent' };

  test('opens the term, fences, hears all, chooses, promotes', () => {
    const plan = aPlan(request, deadPayments());
    const ids = plan.steps.map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual(['open-term', 'fence-aws-use1-a']);
    expect(ids.indexOf('promise-gcp-use4-a')).toBeLessThan(ids.indexOf('choose-candidate'));
    expect(ids.indexOf('take-term')).toBeLessThan(ids.indexOf('promote-chosen'));
    expect(plan.steps.find(({ stage }) => stage === plan.pointOfNoReturn)?.id).toBe('take-term');
    expect(plan.after.nodes.find(({ name }) => name === 'aws-use1-a')?.role).toBe('down');
  });

  test('a cascade stays under its upstream; who streamed from the old primary follows the chosen one', () => {
    const followers = aPlan(request, deadPayments()).steps.flatMap(({ action }) =>
      action.by === 'agent' && action.command.verb === 'follow' ? [[action.node, action.command.args.upstream]] : [],
    );
    expect(followers).toEqual([
      ['aws-use1-b', CHOSEN],
      ['gcp-use4-a', 'aws-use1-b'],
      ['rax-dfw-a', CHOSEN],
    ]);
  });

  test('in a synchronous cluster so many must be heard that no acknowledged commit is missed', () => {
    const choosing = aPlan(request, deadLedger()).steps.find(({ id }) => id === 'choose-candidate')!.action;
    expect(choosing).toMatchObject({ action: { mustHear: { of: ['gcp-euw4-a', 'az-weu-a'], count: 2 } } });
  });

  test('what commits wait for is known although the primary is dead, and given up where nobody would be left to acknowledge', () => {
    const setting = (plan: Plan) => plan.steps.find(({ id }) => id === 'synchronous-on-chosen')?.action;
    expect(setting(aPlan(request, deadLedger()))).toMatchObject({
      command: { args: { synchronous: { standbys: ['gcp-euw4-a', 'az-weu-a', 'aws-euw1-a'] } } },
    });
    const oneLeft = withNode(withDeadPrimary(aLedgerInput()), 'az-weu-a', (node) => silentFor(node, 60_000));
    expect(setting(aPlan(request, aPlanningInput(oneLeft)))).toMatchObject({ command: { args: { synchronous: null } } });
  });

  test('a holder that never was promoted is no node to fail over from: the one that was primary last is', () => {
    const cluster = { ...withDeadPrimary(aClusterInput()), leadership: { term: 2, holder: 'aws-use1-b', timeline: null } };
    const plan = aPlan(request, aPlanningInput(cluster));
    expect(plan.steps.map(({ id }) => id)).toEqual(expect.arrayContaining(['fence-aws-use1-a', 'promise-aws-use1-b']));
  });

  test('with an override nothing is fenced, and the plan says so', () => {
    const plan = aPlan({ ...request, fence: 'override' }, deadPayments());
    expect(plan.steps.some(({ id }) => id.startsWith('fence'))).toBe(false);
    expect(plan.steps[0]?.does).toMatch(/Nothing proves that aws-use1-a is off/);
  });

  test.each<[string, OperationRequest, () => ReturnType<typeof aPlanningInput>, RegExp]>([
    ['the old primary as target', { ...request, target: 'aws-use1-a' }, deadPayments, /aws-use1-a is the node to fail over from/],
    ['a fence command that is not there', { ...request, fence: 'command' }, deadPayments, /No fence command is configured/],
    [
      'no standby',
      request,
      () => aPlanningInput(aClusterInput({ nodes: aClusterInput().nodes.slice(0, 1) })),
      /No standby of payments is seen/,
    ],
  ])('refuses %s', (_what, asked, input, sentence) => {
    expect(impossible(asked, input()).join(' ')).toMatch(sentence);
  });
});

describe('reversion', () => {
  test('keeps what only the node has before anything is overwritten, then tries the cheapest way first', () => {
    const ids = reverted('rewind').steps.map(({ id }) => id);
    expect(ids.indexOf('keep-diverged')).toBeLessThan(ids.indexOf('rewind-rax-dfw-a'));
    expect(ids.filter((id) => /^(rewind|restore|clone)-/.test(id))).toEqual(['rewind-rax-dfw-a', 'restore-rax-dfw-a', 'clone-rax-dfw-a']);
    expect(reverted('re-clone').steps.map(({ id }) => id)).not.toContain('rewind-rax-dfw-a');
  });

  test('kept for inspection it stays down', () => {
    const plan = reverted('keep');
    expect(plan.steps.at(-1)?.id).toBe('keep-diverged');
    expect(plan.after.nodes.find(({ name }) => name === 'rax-dfw-a')?.role).toBe('down');
  });

  test('with a switch back it ends as the primary, and every id is its own', () => {
    const plan = reverted('rewind', true);
    expect(plan.after.primary).toBe('rax-dfw-a');
    expect(new Set(plan.steps.map(({ id }) => id)).size).toBe(plan.steps.length);
    expect(plan.steps.find(({ stage }) => stage === plan.pointOfNoReturn)?.id).toBe('take-term');
  });

  test('a good standby has nothing to revert', () => {
    expect(impossible({ kind: 'reversion', target: 'rax-dfw-a', method: 'rewind', switchBack: false })[0]).toMatch(
      /there is nothing to revert/,
    );
  });
});

describe('operations on one node', () => {
  test.each<[string, OperationRequest, RegExp]>([
    [
      'add: a standby',
      { kind: 'add-standby', target: 'rax-dfw-a', upstream: 'aws-use1-a', bytesPerSecondMax: null },
      /is a standby already/,
    ],
    ['re-parent: a circle', { kind: 're-parent', target: 'aws-use1-b', upstream: 'gcp-use4-a' }, /in a circle/],
    ['re-parent: itself', { kind: 're-parent', target: 'rax-dfw-a', upstream: 'rax-dfw-a' }, /can’t follow itself/],
    ['re-parent: no change', { kind: 're-parent', target: 'rax-dfw-a', upstream: 'aws-use1-a' }, /follows aws-use1-a already/],
    ['re-parent: the primary', { kind: 're-parent', target: 'aws-use1-a', upstream: 'rax-dfw-a' }, /only a running standby/],
    ['confirm-promotion: a standby', { kind: 'confirm-promotion', target: 'rax-dfw-a' }, /only a node that is seen out of recovery/],
    ['confirm-promotion: the holder', { kind: 'confirm-promotion', target: 'aws-use1-a' }, /holds term 1 already/],
    ['drop-slot: none', { kind: 'drop-slot', target: 'aws-use1-a', slot: 'nobody' }, /has no slot nobody/],
    ['drop-slot: in use', { kind: 'drop-slot', target: 'aws-use1-a', slot: 'rax_dfw_a' }, /rax-dfw-a streams through rax_dfw_a/],
  ])('refuses %s', (_what, request, sentence) => {
    expect(impossible(request).join(' ')).toMatch(sentence);
  });

  test('a restart of the primary holds clients; of a standby it does not', () => {
    expect(idsIn(aPlan({ kind: 'restart', target: 'aws-use1-a' }), 'critical')).toEqual([
      'pause-payments-endpoint',
      'restart-aws-use1-a',
      'resume-payments-endpoint',
    ]);
    expect(idsIn(aPlan({ kind: 'restart', target: 'rax-dfw-a' }), 'critical')).toEqual([]);
  });

  test('re-parent: rolled back when the stream is not seen, and the old slot goes last', () => {
    const plan = aPlan({ kind: 're-parent', target: 'gcp-use4-a', upstream: 'aws-use1-a' });
    expect(plan.steps.map(({ id, onFailure }) => [id, onFailure]).slice(2)).toEqual([
      ['slot-for-gcp-use4-a-on-aws-use1-a', 'roll-back'],
      ['follow-gcp-use4-a', 'roll-back'],
      ['see-streaming-gcp-use4-a', 'roll-back'],
      ['drop-gcp-use4-a-on-aws-use1-b', 'follow-up'],
    ]);
  });
});

describe('the hash', () => {
  const request: OperationRequest = { kind: 'switchover', target: 'aws-use1-b' };
  const hash = (plan: Plan) => sealPlan(plan).hash;
  const original = aPlan(request);

  test('stays while lag, load and ages change', () => {
    const lagging = withNode(aClusterInput(), 'aws-use1-b', (node) =>
      withPostgres(node, { receiveLsn: '0/3000060', replayLsn: '0/3000060', walBytesPerSecond: 5_000_000 }),
    );
    expect(hash(aPlan(request, aPlanningInput(lagging)))).toBe(hash(original));
    expect(hash(aPlan(request, aPlanningInput(aClusterInput(), {}, Date.parse('2026-11-20T12:00:01.000Z'))))).toBe(hash(original));
  });

  test.each([
    [
      'a standby is down',
      aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => notAnswering(node, 'stopped'))),
      /rax-dfw-a is now down \(was a standby\)/,
    ],
    [
      'the term has changed',
      aPlanningInput(aClusterInput({ leadership: { term: 2, holder: 'aws-use1-a', timeline: 1 } })),
      /The term is now 2 \(was 1\)/,
    ],
    ['a policy has changed', aPlanningInput(aClusterInput({ policy: aPolicy({ approvalsRequired: 1 }) })), /It now needs 1 approval/],
    [
      'the policy of its kind has changed',
      aPlanningInput(aClusterInput({ policy: aPolicy({ approvalsByKind: { switchover: 2 } }) })),
      /It now needs 2 approvals/,
    ],
  ])('changes when %s, and the difference is said', (_what, input, sentence) => {
    const fresh = aPlan(request, input);
    expect(hash(fresh)).not.toBe(hash(original));
    expect(comparePlans(original, fresh).sentences.join(' ')).toMatch(sentence);
    expect(comparePlans(original, original).sentences).toEqual([]);
  });
});

test('a slot that came a moment ago changes the words of a plan, and not what it is in essence', () => {
  const request: OperationRequest = { kind: 'switchover', target: 'aws-use1-b' };
  const cluster = aClusterInput();
  const original = aPlan(request, aPlanningInput(cluster));
  const withSlot = withNode(cluster, 'aws-use1-b', (node) =>
    withPostgres(node, { slots: [...(node.latest?.observation.postgres?.slots ?? []), aSlot('rax_dfw_a', { active: false })] }),
  );
  const fresh = aPlan(request, aPlanningInput(withSlot));
  expect(sealPlan(fresh).hash).not.toBe(sealPlan(original).hash);
  expect(sealPlan(essenceOf(fresh)).hash).toBe(sealPlan(essenceOf(original)).hash);
  // A slot that is gone is made by either; one that has come must not be dropped when the earlier plan is rolled back.
  expect(wouldDropForeignSlot(fresh, original)).toBe(false);
  expect(wouldDropForeignSlot(original, fresh)).toBe(true);
  const other = aPlan({ kind: 'switchover', target: 'rax-dfw-a' }, aPlanningInput(cluster));
  expect(sealPlan(essenceOf(other)).hash).not.toBe(sealPlan(essenceOf(original)).hash);
});

test('a node that waits for its reversion is no longer out of sight but down: that is no other plan', () => {
  const request: OperationRequest = { kind: 'reversion', target: 'rax-dfw-a', method: 'rewind', switchBack: false };
  const unseen = aPlan(request, aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => silentFor(node, 60_000))));
  const down = reverted('rewind');
  expect(comparePlans(unseen, down).sentences).toEqual(['rax-dfw-a is now down (was not seen).']);
  expect(isSamePlan(unseen, down)).toBe(true);
  // As it comes back from where it was kept, with its keys in another order.
  expect(isSamePlan(JSON.parse(sealPlan(unseen).body) as Plan, down)).toBe(true);
  expect(isSamePlan(unseen, reverted('re-clone'))).toBe(false);
});

test('a failover is still the same when its primary, not seen at first, is by now known to be down', () => {
  const request: OperationRequest = { kind: 'failover', target: 'aws-use1-b', fence: 'agent' };
  const unseen = aPlan(request, aPlanningInput(withNode(aClusterInput(), 'aws-use1-a', (node) => silentFor(node, 60_000))));
  const down = aPlan(request, deadPayments());
  const undoOf = (plan: Plan) => plan.steps.find(({ id }) => id === 'fence-aws-use1-a')!.undo;
  expect([undoOf(unseen), undoOf(down)].filter((undo) => undo === null)).toHaveLength(1);
  expect(isSamePlan(unseen, down)).toBe(true);
  expect(isSamePlan(down, unseen)).toBe(true);
  expect(isSamePlan(down, aPlan({ ...request, fence: 'override' }, deadPayments()))).toBe(false);
});

test('a difference that the outline does not show names the step and what differs in it', () => {
  const plan = aPlan({ kind: 'switchover', target: 'aws-use1-b' });
  const other: Plan = {
    ...plan,
    steps: plan.steps.map((step) => (step.id === 'promote-aws-use1-b' ? { ...step, deadlineMs: 1, action: plan.steps[0]!.action } : step)),
  };
  const [sentence, ...more] = comparePlans(plan, other).sentences;
  expect(sentence).toMatch(/^Step “Promote aws-use1-b”: what is asked is now .+ \(was promote on aws-use1-b with /);
  expect(more).toEqual([]);
  expect(comparePlans(plan, { ...plan, summary: 'Else.' }).sentences, 'words change nothing that is done').toEqual([]);
  expect(comparePlans(plan, { ...plan, steps: plan.steps.toReversed() }).sentences).toEqual([
    'The steps come in another order than before.',
  ]);
  expect(comparePlans(plan, JSON.parse(sealPlan(plan).body) as Plan).sentences).toEqual([]);
});
