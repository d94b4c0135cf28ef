import { expect, test } from 'vitest';
import { aPlan, aPlanningInput } from '../../../../test/builders/operation.ts';
import { VERBS } from '../../../agent-contract/verbs.ts';
import { lookAhead } from './checks.ts';

const withVerbs = (name: string, verbs: string[]) => {
  const input = aPlanningInput();
  const nodes = input.nodes.map((node) =>
    node.name === name && node.facts !== null ? { ...node, facts: { ...node.facts, verbs } } : node,
  );
  return { ...input, nodes };
};
const request = { kind: 'switchover', target: 'aws-use1-b' } as const;

test('a plan that asks an agent for what it does not know is blocked, with whom to update', () => {
  const input = withVerbs(
    'aws-use1-b',
    VERBS.filter((verb) => verb !== 'promote' && verb !== 'await-wal'),
  );
  const { checks, blocked } = lookAhead(aPlan(request, input), input);
  const failed = checks.find(({ id }) => id === 'verbs-aws-use1-b');
  expect(failed).toMatchObject({ verdict: 'fail', mend: 'Update the agent of aws-use1-b.', node: 'aws-use1-b' });
  expect(failed?.value).toContain('does not know await-wal and promote');
  expect(blocked.join(' ')).toContain('Update the agent of aws-use1-b.');
});

test('what is not asked of an agent need not be known to it', () => {
  const input = withVerbs(
    'aws-use1-b',
    VERBS.filter((verb) => verb !== 'clone'),
  );
  const { checks } = lookAhead(aPlan(request, input), input);
  expect(checks.find(({ id }) => id === 'verbs')).toMatchObject({ verdict: 'pass' });
});
