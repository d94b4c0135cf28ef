import { describe, expect, test } from 'vitest';
import { aToken } from '../../../test/builders/index.ts';
import { permissionsHeld, rolesHeld, withinMaker } from './held.ts';
import { clustersWith, onFleet } from './permissions.ts';
import type { Permission, Role, Scopes } from './permissions.ts';

describe('what is stored', () => {
  test('is read, and what is not understood holds nothing', () => {
    expect(rolesHeld({ role: 'viewer', clusterRoles: { payments: 'operator' } })).toEqual({
      fleet: 'viewer',
      clusters: new Map([['payments', 'operator']]),
    });
    for (const clusterRoles of [null, 7, 'x', { payments: 'root' }, { payments: ['admin'] }]) {
      expect(rolesHeld({ role: 'none', clusterRoles })).toEqual({ fleet: null, clusters: new Map() });
    }
    expect(permissionsHeld({ permissions: ['cluster.read', 'made.up'], clusterPermissions: { a: ['audit.read', 1], b: 'x' } })).toEqual({
      fleet: ['cluster.read'],
      clusters: new Map([
        ['a', ['audit.read']],
        ['b', []],
      ]),
    });
  });
});

describe('a token has never more than its maker has now', () => {
  const only = (clusters: Record<string, Role>, fleet: Role | null = null): Scopes<Role> => ({
    fleet,
    clusters: new Map(Object.entries(clusters)),
  });
  const reads: Scopes<readonly Permission[]> = onFleet(['cluster.read', 'operation.request']);
  const readsPayments: Scopes<readonly Permission[]> = {
    fleet: null,
    clusters: new Map([['payments', ['cluster.read', 'operation.request']]]),
  };

  test.each<[string, Scopes<readonly Permission[]>, Scopes<Role>, ReturnType<typeof clustersWith>, ReturnType<typeof clustersWith>]>([
    ['the maker as he was', reads, only({}, 'operator'), 'every', 'every'],
    ['a demoted maker', reads, only({}, 'viewer'), 'every', []],
    ['a maker cut to one cluster', reads, only({ payments: 'operator' }), ['payments'], ['payments']],
    ['a maker who operates one cluster and sees all', reads, only({ payments: 'operator' }, 'viewer'), 'every', ['payments']],
    ['a maker who is gone', reads, only({}), [], []],
    ['a token of one cluster', readsPayments, only({}, 'operator'), ['payments'], ['payments']],
    ['a token of one cluster and a maker of another', readsPayments, only({ ledger: 'operator' }), [], []],
  ])('%s', (_what, token, maker, mayRead, mayRequest) => {
    const actor = aToken([], { scopes: withinMaker(token, maker) });
    expect(clustersWith(actor, 'cluster.read')).toEqual(mayRead);
    expect(clustersWith(actor, 'operation.request')).toEqual(mayRequest);
  });
});
