import { describe, expect, test } from 'vitest';
import type { NodeView } from '../../lib/domain/topology/model.ts';
import { aClusterView } from '../../test/builders/index.ts';
import { targetNodes, upstreamChoices, whyNotTarget } from './targets.ts';

const base = aClusterView().nodes[0]!;
const aNodeView = (part: Partial<NodeView>): NodeView => ({ ...base, ...part });

const primary = aNodeView({ name: 'aws-use1-a', role: 'primary', upstream: null, state: 'writable' });
const near = aNodeView({ name: 'aws-use1-b', role: 'standby', upstream: 'aws-use1-a', state: 'streaming' });
const far = aNodeView({ name: 'gcp-use4-a', role: 'standby', upstream: 'aws-use1-b', state: 'streaming' });
const dead = aNodeView({ name: 'rax-dfw-a', role: 'unknown', upstream: null, state: 'unknown' });
const view = aClusterView({ primary: 'aws-use1-a', nodes: [primary, near, far, dead] });
const nodes = targetNodes(view, []);

describe('who comes into question', () => {
  test('a switchover goes to a standby that streams', () => {
    expect(whyNotTarget('switchover', near.name, near, 'aws-use1-a')).toBeNull();
    expect(whyNotTarget('switchover', primary.name, primary, 'aws-use1-a')).toContain('primary already');
    expect(whyNotTarget('switchover', dead.name, dead, 'aws-use1-a')).toContain('does not stream (unknown)');
  });

  test('a standby of which only the stream is not known may take over and get another upstream', () => {
    const waiting = aNodeView({ ...near, state: 'unknown', replication: { receiving: null, replaying: true } });
    expect(whyNotTarget('failover', near.name, waiting, 'aws-use1-a')).toBeNull();
    expect(whyNotTarget('re-parent', near.name, waiting, 'aws-use1-a')).toBeNull();
    const unseen = aNodeView({ ...near, state: 'unknown', replication: { receiving: null, replaying: null } });
    expect(whyNotTarget('failover', near.name, unseen, 'aws-use1-a')).toContain('not seen running');
  });

  test('only what does not stream is brought back', () => {
    expect(whyNotTarget('reversion', dead.name, dead, 'aws-use1-a')).toBeNull();
    expect(whyNotTarget('reversion', near.name, near, 'aws-use1-a')).toContain('streams already');
  });

  test('a node that was never seen may become a standby, and nothing that runs', () => {
    expect(whyNotTarget('add-standby', 'new', null, 'aws-use1-a')).toBeNull();
    expect(whyNotTarget('add-standby', near.name, near, 'aws-use1-a')).toContain('runs on it already');
  });

  test('a standby does not stream from what it feeds, nor from where it does already', () => {
    const why = new Map(upstreamChoices(nodes, 'aws-use1-b').map((choice) => [choice.name, choice.why]));
    expect(why.get('gcp-use4-a')).toContain('by way of aws-use1-b');
    expect(why.get('aws-use1-a')).toContain('already');
    expect(why.get('rax-dfw-a')).toContain('not seen running');
    expect(why.has('aws-use1-b')).toBe(false);
  });

  test('expected nodes that were never evaluated are listed too', () => {
    const site = { provider: 'aws', region: 'us-east-1', zone: 'us-east-1c', jurisdiction: 'US' };
    expect(targetNodes(view, [{ name: 'aws-use1-c', site }]).map(({ name }) => name)).toContain('aws-use1-c');
    expect(targetNodes(null, [{ name: 'aws-use1-c', site }])).toEqual([{ name: 'aws-use1-c', site, node: null }]);
  });
});
