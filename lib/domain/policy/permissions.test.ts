import { describe, expect, test } from 'vitest';
import { PERMISSIONS, ROLES, mayActor, whyDenied } from './permissions.ts';
import type { Actor, Permission, Role } from './permissions.ts';

const asRole = (role: Role): Actor => ({ kind: 'user', userId: 1, email: 'a@example.com', role, sessionId: 's' });

/** Who may do what, written out a second time on purpose: a change of the table must be meant. */
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

describe('role × permission', () => {
  const cases = PERMISSIONS.flatMap((permission) => ROLES.map((role) => [role, permission, ALLOWED[permission].includes(role)] as const));
  test.each(cases)('%s, %s: %s', (role, permission, allowed) => {
    expect(mayActor(asRole(role), permission)).toBe(allowed);
    const why = whyDenied(asRole(role), permission);
    if (allowed) expect(why).toBeNull();
    else expect(why).toContain(`“${role}” may not`);
  });

  test('a token has what it was given and nothing else; an unknown role has nothing', () => {
    const token: Actor = { kind: 'apiToken', tokenId: 1, name: 'ci', permissions: ['cluster.read'] };
    expect(PERMISSIONS.filter((permission) => mayActor(token, permission))).toEqual(['cluster.read']);
    expect(PERMISSIONS.some((permission) => mayActor(asRole('root' as Role), permission))).toBe(false);
  });
});
