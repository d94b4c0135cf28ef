import { describe, expect, test } from 'vitest';
import type { NodeView } from './model.ts';
import { EVENTS_PER_HOUR_MAX, advanceNodeChanges, nodeChangesFrom } from './node-changes.ts';
import type { NodeChangeState, NodeEvent } from './node-changes.ts';

const START_MS = Date.parse('2026-11-21T10:00:00Z');
type Seen = Pick<NodeView, 'name' | 'role' | 'timeline' | 'state' | 'stateReason' | 'observedAt'>;
const node = (overrides: Partial<Seen> = {}): Seen => ({
  ...{ name: 'a', role: 'standby', timeline: 1, state: 'streaming', stateReason: null, observedAt: new Date(START_MS).toISOString() },
  ...overrides,
});
const known = nodeChangesFrom([
  { nodeName: 'a', kind: 'role', to: 'standby' },
  { nodeName: 'a', kind: 'timeline', to: '1' },
  { nodeName: 'a', kind: 'state', to: 'running' },
]);

/** One look a second; an element is what is seen of the node. */
function run(looks: readonly Seen[], from: NodeChangeState = known, everyMs = 1000): NodeEvent[] {
  let state = from;
  return looks.flatMap((seen, index) => {
    const step = advanceNodeChanges(state, [seen], START_MS + index * everyMs);
    state = step.state;
    return step.events;
  });
}

describe('the log of a node', () => {
  test('says nothing while nothing changes', () => {
    expect(run([node(), node(), node()])).toEqual([]);
  });

  test('notes a promotion once, dated from when it was first seen', () => {
    const primary = node({ role: 'primary', timeline: 2, state: 'writable' });
    expect(run([node(), primary, primary, primary])).toEqual([
      { nodeName: 'a', at: '2026-11-21T10:00:01.000Z', kind: 'role', detail: { from: 'standby', to: 'primary' } },
      { nodeName: 'a', at: '2026-11-21T10:00:01.000Z', kind: 'timeline', detail: { from: '1', to: '2' } },
    ]);
  });

  test('leaves no trace of what one look said', () => {
    const stopped = node({ state: 'stopped' });
    expect(run([node(), stopped, node(), stopped, node()])).toEqual([]);
  });

  test('counts evaluations within one second as one look', () => {
    const stopped = node({ state: 'stopped' });
    expect(run([stopped, stopped, stopped], known, 200)).toEqual([]);
  });

  test('tells a node that is not seen from one that stopped, with the reason', () => {
    const silent = node({ state: 'unknown', stateReason: 'Last seen 9 s ago.', observedAt: new Date(START_MS - 9_000).toISOString() });
    expect(run([silent, silent])).toMatchObject([
      { kind: 'state', detail: { from: 'running', to: 'not-seen', reason: 'Last seen 9 s ago.' } },
    ]);
    expect(run([node({ state: 'stopped' }), node({ state: 'stopped' })])).toMatchObject([{ detail: { from: 'running', to: 'stopped' } }]);
  });

  test('what is unknown changes nothing: neither a role without sight nor a node that never reported', () => {
    const unknown = node({ state: 'unknown', role: 'unknown', timeline: null });
    expect(run([unknown, unknown])).toEqual([]);
    const never = node({ state: 'unknown', role: 'unknown', timeline: null, observedAt: null });
    expect(run([never, never], {})).toEqual([]);
  });

  test('the first sight of a node has no “from”', () => {
    expect(run([node(), node()], {}).map(({ kind, detail }) => [kind, detail.from, detail.to])).toEqual([
      ['role', null, 'standby'],
      ['timeline', null, '1'],
      ['state', null, 'running'],
    ]);
  });

  test('a node that flaps all day is bounded, and its log ends where it stands', () => {
    const looks = Array.from({ length: 2000 }, (_, index) => node({ state: Math.floor(index / 2) % 2 === 0 ? 'stopped' : 'streaming' }));
    const events = run(looks);
    expect(events.length).toBe(EVENTS_PER_HOUR_MAX);
    for (const [index, event] of events.entries()) {
      expect(event.detail.from).toBe(index === 0 ? 'running' : events[index - 1]!.detail.to);
    }
  });
});
