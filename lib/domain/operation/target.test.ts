import { describe, expect, test } from 'vitest';
import { aClusterView } from '../../../test/builders/index.ts';
import type { NodeView } from '../topology/model.ts';
import { KIND_LIST, kindOf } from './kinds/registry.ts';
import type { OperationKind } from './model.ts';
import { targetNodes, targetOf, whyNotUpstream } from './target.ts';

const base = aClusterView().nodes[0]!;
const aNodeView = (part: Partial<NodeView>): NodeView => ({ ...base, ...part });

const primary = aNodeView({ name: 'aws-use1-a', role: 'primary', upstream: null, state: 'writable' });
const streams = { receiving: true, replaying: true } as NodeView['replication'];
const near = aNodeView({ name: 'aws-use1-b', role: 'standby', upstream: 'aws-use1-a', state: 'streaming', replication: streams });
const far = aNodeView({ name: 'gcp-use4-a', role: 'standby', upstream: 'aws-use1-b', state: 'streaming', replication: streams });
const dead = aNodeView({ name: 'rax-dfw-a', role: 'unknown', upstream: null, state: 'unknown', replication: null });
const link = { ...aClusterView().links[0]!, from: 'aws-use1-a', to: 'aws-use1-b', slotName: 'aws_use1_b' };
const view = aClusterView({ primary: 'aws-use1-a', nodes: [primary, near, far, dead], links: [link] });

const why = (kind: OperationKind, name: string, part: Partial<NodeView> = {}): string => {
  const nodes = view.nodes.map((node) => (node.name === name ? { ...node, ...part } : node));
  return kindOf(kind)
    .targetRule(targetOf({ ...view, nodes }, name))
    .join(' ');
};

describe('who comes into question', () => {
  test('a switchover goes to a standby that streams', () => {
    expect(why('switchover', near.name)).toBe('');
    expect(why('switchover', primary.name)).toContain('primary already');
    expect(why('switchover', dead.name)).toContain('not seen now');
    expect(why('switchover', near.name, { upstream: null })).toContain('streams from no known node');
    expect(why('switchover', near.name, { timeline: 7 })).toContain('has another history');
  });

  test('a standby of which only the stream is unknown may take over and get another upstream', () => {
    const waiting: Partial<NodeView> = { state: 'unknown', replication: { ...near.replication!, receiving: null } };
    expect(why('failover', near.name, waiting)).toBe('');
    expect(why('re-parent', near.name, waiting)).toBe('');
    expect(why('failover', near.name, { state: 'unknown', replication: null })).toContain('not seen now');
  });

  test('only what does not stream is brought back', () => {
    expect(why('reversion', dead.name)).toBe('');
    expect(why('reversion', near.name)).toContain('as it should');
    expect(why('reversion', near.name, { timeline: 7 })).toBe('');
  });

  test('a node that was never seen may become a standby, and nothing that runs', () => {
    expect(kindOf('add-standby').targetRule(targetOf(view, 'new'))).toEqual([]);
    expect(why('add-standby', near.name)).toContain('is a standby already');
  });

  test('every kind answers for every node, also for one that was never seen and for a cluster without a view', () => {
    for (const kind of KIND_LIST) {
      for (const { name } of view.nodes) expect(kind.targetRule(targetOf(view, name))).toBeInstanceOf(Array);
      const never = kind.targetRule(targetOf(null, 'new'));
      if (kind.kind !== 'add-standby' && kind.kind !== 'reversion') expect(never.join(' ')).toContain('new');
    }
  });

  test('a standby does not stream from what it feeds, nor from where it does already', () => {
    expect(whyNotUpstream(view, 'aws-use1-b', 'gcp-use4-a').join(' ')).toContain('gets its WAL from aws-use1-b');
    expect(whyNotUpstream(view, 'aws-use1-b', 'aws-use1-a').join(' ')).toContain('already');
    expect(whyNotUpstream(view, 'aws-use1-b', 'rax-dfw-a').join(' ')).toContain('not seen now');
    expect(whyNotUpstream(view, 'aws-use1-b', 'aws-use1-b').join(' ')).toContain('can’t follow itself');
    expect(whyNotUpstream(view, 'gcp-use4-a', 'aws-use1-a')).toEqual([]);
  });

  test('expected nodes that were never evaluated are listed too', () => {
    const site = { provider: 'aws', region: 'us-east-1', zone: 'us-east-1c', jurisdiction: 'US' };
    expect(targetNodes(view, [{ name: 'aws-use1-c', site }]).map(({ name }) => name)).toContain('aws-use1-c');
    expect(targetNodes(null, [{ name: 'aws-use1-c', site }])).toEqual([{ name: 'aws-use1-c', site, node: null }]);
  });
});
