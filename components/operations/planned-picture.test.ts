import { expect, test } from 'vitest';
import type { PlannedTopology } from '../../lib/domain/operation/model.ts';
import { changesOf, plannedRows, plannedShape, synchronousWords, topologyWords } from './planned-picture.ts';

const before: PlannedTopology = {
  ...{ primary: 'a', synchronous: null },
  nodes: [
    { name: 'a', role: 'primary', upstream: null, slot: null },
    { name: 'b', role: 'standby', upstream: 'a', slot: 'b' },
    { name: 'c', role: 'standby', upstream: 'gone', slot: null },
  ],
};
const after: PlannedTopology = {
  ...{ primary: 'b', synchronous: { method: 'ANY', required: 1, standbys: ['a', 'c'] } },
  nodes: [
    { name: 'a', role: 'standby', upstream: 'b', slot: 'a' },
    { name: 'b', role: 'primary', upstream: null, slot: null },
    { name: 'c', role: 'standby', upstream: 'gone', slot: null },
  ],
};

test('what becomes of each node is named', () => {
  expect(after.nodes.map((node) => changesOf(node, before))).toEqual([['role', 'upstream'], ['role', 'upstream'], []]);
});

test('an upstream that is no node of the picture is not drawn', () => {
  expect(plannedShape(before, new Map()).nodes.map(({ upstream }) => upstream)).toEqual([null, 'a', null]);
});

test('in a list each node stands below its upstream, the primary first; a circle loses nobody', () => {
  const rows = (topology: PlannedTopology) => plannedRows(topology).map(({ node, depth }) => `${node.name}${depth}`);
  expect(rows(before)).toEqual(['a0', 'b1', 'c0']);
  expect(rows(after)).toEqual(['b0', 'a1', 'c0']);
  const circle = before.nodes.map((node) => ({ ...node, upstream: node.name === 'b' ? 'c' : node.name === 'c' ? 'b' : null }));
  expect(rows({ ...before, nodes: circle })).toEqual(['a0', 'b0', 'c1']);
});

test('the picture has words', () => {
  expect(topologyWords(before)).toBe('a is the primary; b is a standby of a; c is a standby of gone.');
  expect([synchronousWords(null), synchronousWords(after.synchronous)]).toEqual(['none', 'ANY 1 (a, c)']);
});
