import { describe, expect, test } from 'vitest';
import { aPerson, aPersonOf, aToken } from '../../../test/builders/index.ts';
import { NotAllowedError, authorise, authorisedClusters } from './authorise.ts';
import { PERMISSIONS, ROLES, clustersWith, knowsCluster, mayActor, mayAnywhere, whyDenied } from './permissions.ts';
import type { Actor, Permission, Role } from './permissions.ts';

/** Permissions by role, written out a second time on purpose: a change of the table must be deliberate. */
const ALLOWED: Record<Permission, readonly Role[]> = {
  'cluster.read': ['viewer', 'auditor', 'operator', 'approver', 'admin'],
  'audit.read': ['auditor', 'admin'],
  'finding.acknowledge': ['operator', 'admin'],
  'operation.request': ['operator'],
  'operation.approve': ['approver'],
  'operation.cancel': ['operator', 'approver'],
  // Rows of customers: not for everybody who may look at a cluster.
  'ledger.read': ['auditor', 'operator'],
  'maintenance.manage': ['operator'],
  'cluster.manage': ['admin'],
  'node.enrol': ['admin'],
  'user.manage': ['admin'],
  'token.manage': ['admin'],
  'session.revoke': ['admin'],
};

const PAYMENTS = { cluster: 'payments' } as const;
const LEDGER = { cluster: 'ledger' } as const;

describe('role × permission × scope', () => {
  const cases = PERMISSIONS.flatMap((permission) => ROLES.map((role) => [role, permission, ALLOWED[permission].includes(role)] as const));

  test.each(cases)('%s on the fleet, %s: %s on the fleet and on every cluster', (role, permission, allowed) => {
    const actor = aPerson(role);
    for (const scope of ['fleet', PAYMENTS, LEDGER] as const) {
      expect(mayActor(actor, permission, scope)).toBe(allowed);
      const why = whyDenied(actor, permission, scope);
      if (allowed) expect(why).toBeNull();
      else expect(why).toContain(`“${role}” may not`);
    }
    expect(clustersWith(actor, permission)).toEqual(allowed ? 'every' : []);
  });

  test.each(cases)('%s on payments, %s: %s there, and nowhere else', (role, permission, allowed) => {
    const actor = aPersonOf({ payments: role });
    expect(mayActor(actor, permission, PAYMENTS)).toBe(allowed);
    expect(mayActor(actor, permission, LEDGER)).toBe(false);
    expect(mayActor(actor, permission, 'fleet')).toBe(false);
    expect(clustersWith(actor, permission)).toEqual(allowed ? ['payments'] : []);
    expect(mayAnywhere(actor, permission)).toBe(allowed);
    expect(whyDenied(actor, permission, 'fleet')).toContain(allowed ? 'on the whole fleet' : 'may not');
  });

  test('a role on a cluster adds to the one on the fleet', () => {
    const actor = aPerson('viewer', { scopes: { fleet: 'viewer', clusters: new Map([['payments', 'operator']]) } });
    expect(clustersWith(actor, 'cluster.read')).toBe('every');
    expect(clustersWith(actor, 'operation.request')).toEqual(['payments']);
    expect(whyDenied(actor, 'operation.approve', PAYMENTS)).toContain('“viewer” with “operator” may not');
    expect(whyDenied(actor, 'operation.request', LEDGER)).toContain('“viewer” may not');
  });

  test('a token has what it was given and nothing else; an unknown role has nothing', () => {
    expect(PERMISSIONS.filter((permission) => mayActor(aToken(['cluster.read']), permission, PAYMENTS))).toEqual(['cluster.read']);
    const scoped = aToken([], { scopes: { fleet: null, clusters: new Map([['payments', ['cluster.read']]]) } });
    expect(PERMISSIONS.filter((permission) => mayActor(scoped, permission, PAYMENTS))).toEqual(['cluster.read']);
    expect(PERMISSIONS.some((permission) => mayActor(scoped, permission, LEDGER) || mayActor(scoped, permission, 'fleet'))).toBe(false);
    expect(PERMISSIONS.some((permission) => mayActor(aPerson('root' as Role), permission, 'fleet'))).toBe(false);
  });

  test.each(['constructor', 'every', 'fleet', 'null'])('a cluster called %s is a cluster like others', (slug) => {
    expect(mayActor(aPersonOf({ payments: 'viewer' }), 'cluster.read', { cluster: slug })).toBe(false);
    expect(mayActor(aPersonOf({ [slug]: 'viewer' }), 'cluster.read', 'fleet')).toBe(false);
    expect(clustersWith(aPersonOf({ [slug]: 'viewer' }), 'cluster.read')).toEqual([slug]);
  });
});

describe('authorise', () => {
  const operator = aPersonOf({ payments: 'operator' });
  const nobody: Actor = aToken([]);

  test('allowed, unknown, or refused with a reason', () => {
    expect(authorise(operator, 'operation.request', PAYMENTS)).toBe(true);
    // They may not know that there is a ledger: as if there were none.
    expect(authorise(operator, 'operation.request', LEDGER)).toBe(false);
    expect(authorise(operator, 'operation.request', { cluster: 'nothing' })).toBe(false);
    // They know of payments, and hold no such right.
    expect(() => authorise(operator, 'operation.approve', PAYMENTS)).toThrow(NotAllowedError);
    expect(() => authorise(operator, 'cluster.read', 'fleet')).toThrow(/on the whole fleet/);
  });

  test('without the right anywhere, what exists and what does not are refused alike', () => {
    const refusal = (actor: Actor, permission: Permission, cluster: string): string => {
      try {
        return String(authorise(actor, permission, { cluster }));
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const actor of [operator, nobody]) {
      expect(refusal(actor, 'operation.approve', 'ledger')).toBe(refusal(actor, 'operation.approve', 'nothing'));
      expect(refusal(actor, 'operation.approve', 'ledger')).not.toContain('ledger');
    }
  });

  test('a list is cut to where the right is held, and refused when that is nowhere', () => {
    expect(authorisedClusters(operator, 'cluster.read')).toEqual(['payments']);
    expect(authorisedClusters({ kind: 'system', process: 'test' }, 'cluster.read')).toBe('every');
    expect(() => authorisedClusters(operator, 'audit.read')).toThrow(NotAllowedError);
  });

  test('anyone who holds a right on a cluster knows of it', () => {
    expect(knowsCluster(operator, 'payments')).toBe(true);
    expect(knowsCluster(operator, 'ledger')).toBe(false);
    expect(knowsCluster(aPerson('viewer'), 'nothing')).toBe(true);
    expect(knowsCluster(nobody, 'payments')).toBe(false);
  });
});
