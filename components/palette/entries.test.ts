import { describe, expect, test } from 'vitest';
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
const found = (typed: string, seesAudit = true) => searchPalette(paletteEntries(places, [running], seesAudit), typed);

describe('where the palette can go', () => {
  test('the plan of an operation by its verb and the cluster', () => {
    expect(searchPalette(paletteEntries(places, [], true), 'switch over payments')[0]).toMatchObject({
      label: 'Switch over…',
      href: '/clusters/payments/operations/new/switchover',
    });
    expect(found('ledger drop')[0]).toMatchObject({ href: '/clusters/ledger/operations/new/drop-slot' });
  });

  test('what is under way stands in the list without a word typed, plans do not', () => {
    expect(found('').map(({ label }) => label)).toContain('Switchover of Payments');
    expect(found('').some(({ kind }) => kind === 'action' || kind === 'node')).toBe(false);
  });

  test('the audit only for those who may read it', () => {
    expect(found('audit').map(({ href }) => href)).toContain('/audit');
    expect(found('audit', false).map(({ href }) => href)).not.toContain('/audit');
  });
});
