import { expect, test } from 'vitest';
import { findCycles } from './anomalies.ts';

test.each([
  ['a tree', { a: null, b: 'a', c: 'b' }, []],
  ['two in a circle', { a: 'b', b: 'a' }, [['a', 'b']]],
  ['one that follows itself', { a: 'a' }, [['a']]],
  ['a tail on a circle', { t: 'a', a: 'b', b: 'c', c: 'a', p: null }, [['a', 'b', 'c']]],
  ['an upstream that is not a node', { a: 'elsewhere' }, []],
])('%s', (_, upstreams, cycles) => expect(findCycles(new Map(Object.entries(upstreams)))).toEqual(cycles));
