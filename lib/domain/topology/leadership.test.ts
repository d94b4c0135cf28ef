import { describe, expect, test } from 'vitest';
import { NOW_MS, aClusterInput, aPrimary, iso, withNode, withPostgres } from '../../../test/builders/index.ts';
import { anAuthority } from '../../../test/builders/operation.ts';
import { judgePromotions } from '../leadership/witnesses.ts';
import { assembleTopology } from './assemble.ts';
import type { ClusterInput, NodeInput } from './inputs.ts';
import { observeLeadership } from './leadership.ts';

const observe = (input: ClusterInput, current = input.leadership) =>
  observeLeadership(current, assembleTopology(input, NOW_MS), judgePromotions({ ...input, leadership: current }, NOW_MS), NOW_MS);
/** Two of the others are refused by the primary that led. */
const refused = (input: ClusterInput): ClusterInput => {
  const peerConnections = [{ name: 'aws-use1-a', answer: 'refused' as const, at: iso(NOW_MS - 1_000), since: iso(NOW_MS - 20_000) }];
  const see = (node: NodeInput): NodeInput => ({
    ...node,
    latest: { ...node.latest!, observation: { ...node.latest!.observation, peerConnections } },
  });
  return withNode(withNode(input, 'rax-dfw-a', see), 'aws-use1-b', see);
};
const away = (node: NodeInput): NodeInput => ({ ...node, latest: { ...node.latest!, observedAtMs: NOW_MS - 60_000 } });
const promoted = (input: ClusterInput, name: string, timeline: number) =>
  withNode(input, name, () => aPrimary(name, { postgres: { timeline } }));

describe('leadership', () => {
  test('the first primary ever seen takes term 1', () => {
    expect(observe(aClusterInput(), null)).toEqual({
      kind: 'first-seen',
      leadership: { term: 1, holder: 'aws-use1-a', timeline: 1, since: new Date(NOW_MS).toISOString(), source: 'first-seen' },
    });
  });

  test('the same one changes nothing', () => expect(observe(aClusterInput())).toEqual({ kind: 'unchanged' }));

  test('another node promoted while the old primary is away: the next term, noticed from outside', () => {
    const input = refused(promoted(withNode(aClusterInput(), 'aws-use1-a', away), 'rax-dfw-a', 2));
    expect(observe(input)).toMatchObject({
      kind: 'changed',
      previousHolder: 'aws-use1-a',
      leadership: { term: 2, holder: 'rax-dfw-a', timeline: 2, source: 'outside-the-tool' },
    });
  });

  test('the same by its own word only: nothing is concluded', () => {
    expect(observe(promoted(withNode(aClusterInput(), 'aws-use1-a', away), 'rax-dfw-a', 2))).toEqual({ kind: 'unchanged' });
  });

  test('two writable nodes: neither takes a term', () => {
    expect(observe(promoted(aClusterInput(), 'rax-dfw-a', 2))).toEqual({ kind: 'unchanged' });
  });

  test('an old primary that comes back alone, on an older timeline, takes no term', () => {
    const input = { ...aClusterInput(), leadership: { term: 2, holder: 'rax-dfw-a', timeline: 2 } };
    expect(observe(input)).toEqual({ kind: 'unchanged' });
  });

  test('a node that was fenced takes no term, on any timeline: its agent is about to stop it', () => {
    const input = promoted(withNode(aClusterInput(), 'aws-use1-a', away), 'rax-dfw-a', 2);
    const fenced = withNode(input, 'rax-dfw-a', (node) => ({
      ...node,
      latest: { ...node.latest!, observation: { ...node.latest!.observation, authority: anAuthority({ role: 'fenced' }) } },
    }));
    expect(observe(fenced)).toEqual({ kind: 'unchanged' });
  });

  test('an operation that promotes its holder notes no timeline yet: that is no second change', () => {
    const input = promoted(withNode(aClusterInput(), 'aws-use1-a', away), 'rax-dfw-a', 2);
    expect(observe(input, { term: 2, holder: 'rax-dfw-a', timeline: null })).toEqual({ kind: 'unchanged' });
  });

  test('the holder itself, promoted again, is a new leadership', () => {
    const input = withNode(aClusterInput(), 'aws-use1-a', (node) => withPostgres(node, { timeline: 3 }));
    expect(observe(input)).toMatchObject({ kind: 'changed', leadership: { term: 2, holder: 'aws-use1-a', timeline: 3 } });
  });

  test('nobody seen: nothing is concluded', () => {
    const input = { ...aClusterInput(), nodes: aClusterInput().nodes.map(away) };
    expect(observe(input)).toEqual({ kind: 'unchanged' });
    expect(observe(input, null)).toEqual({ kind: 'unchanged' });
  });
});
