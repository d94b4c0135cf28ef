import { describe, expect, test } from 'vitest';
import { aClusterView } from '../../../test/builders/index.ts';
import { anonymiseView, hider, knownNames } from './anonymise.ts';

const view = aClusterView();
const names = knownNames([], view);

describe('anonymise for screenshots', () => {
  test('no name of a node, of the cluster or of its system is left anywhere', () => {
    const hidden = anonymiseView(view, names);
    const text = JSON.stringify({ ...hidden, slug: '' });
    for (const secret of [...names, ...names.map((name) => name.replaceAll('-', '_')), view.name, view.systemIdentifier!]) {
      expect(text).not.toContain(secret);
    }
    expect(hidden.nodes.map(({ name }) => name)).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);
    expect(hidden.primary).toBe('node-1');
    expect(hidden.links.every(({ from, to }) => from.startsWith('node-') && to.startsWith('node-'))).toBe(true);
  });

  test('figures, sites and moments stay', () => {
    const hidden = anonymiseView(view, names);
    expect(hidden.nodes.map(({ site, lag, observedAt, state }) => ({ site, lag, observedAt, state }))).toEqual(
      view.nodes.map(({ site, lag, observedAt, state }) => ({ site, lag, observedAt, state })),
    );
    expect(hidden.computedAt).toBe(view.computedAt);
  });

  test('a name inside a longer one is not taken for it; addresses go', () => {
    const hide = hider({ name: 'payments', slug: 'payments', systemIdentifier: null }, ['db-1', 'db-10', 'a']);
    expect(hide('db-10 follows db-1 at 10.1.2.3/32, slot db_10; a database')).toBe(
      'node-2 follows node-1 at address, slot node_2; node-3 database',
    );
  });

  test('a node keeps its number when others come', () => {
    const more = knownNames(names, { nodes: [{ ...view.nodes[0]!, name: 'aaa' }, ...view.nodes] });
    expect(more).toEqual([...names, 'aaa']);
    expect(knownNames(more, view)).toBe(more);
  });

  test('hostile names are only text', () => {
    expect(hider({ name: '(', slug: '[', systemIdentifier: null }, ['a+b)*', '$&'])('a+b)* and $&')).toBe('node-1 and node-2');
  });
});
