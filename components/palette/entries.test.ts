import { describe, expect, test } from 'vitest';
import { SCREENS } from '../../lib/domain/screens/registry.ts';
import { paletteEntries } from './entries.ts';
import { searchPalette } from './search.ts';

const places = {
  clusters: [
    { slug: 'payments', name: 'Payments' },
    { slug: 'ledger', name: 'Ledger' },
  ],
  nodes: [{ cluster: 'payments', address: 'db-1', name: 'db-1', site: 'aws us-east-1' }],
};
const running = { id: '1', kind: 'switchover', cluster: { slug: 'payments', name: 'Payments' }, state: 'running' } as const;
const EVERY = SCREENS.map(({ name }) => name);
const found = (typed: string, listed = EVERY) => searchPalette(paletteEntries(places, [running], listed), typed);

describe('where the palette can go', () => {
  test('the plan of an operation by its verb and the cluster', () => {
    expect(searchPalette(paletteEntries(places, [], EVERY), 'switch over payments')[0]).toMatchObject({
      label: 'Switch over…',
      href: '/clusters/payments/operations/new/switchover',
    });
    expect(found('ledger drop')[0]).toMatchObject({ href: '/clusters/ledger/operations/new/drop-slot' });
  });

  test('what is under way stands in the list without a word typed, plans do not', () => {
    expect(found('').map(({ label }) => label)).toContain('Switchover of Payments');
    expect(found('').some(({ kind }) => kind === 'action' || kind === 'node')).toBe(false);
  });

  test('only screens that the person is offered', () => {
    expect(found('audit').map(({ href }) => href)).toContain('/audit');
    const withoutAudit = EVERY.filter((name) => name !== 'audit');
    expect(found('audit', withoutAudit).map(({ href }) => href)).not.toContain('/audit');
  });

  test('every screen by its name, and a page of the settings only when it is typed', () => {
    for (const { label } of SCREENS) expect(found(label).map((entry) => entry.label)).toContain(label === 'Topology' ? 'Payments' : label);
    expect(found('').map(({ href }) => href)).not.toContain('/settings/users');
  });
});
