/** Who may do what: one table, read by commands, queries, screens and tests alike (DESIGN §9). */

export const ROLES = ['viewer', 'auditor', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  'cluster.read',
  'audit.read',
  'finding.acknowledge',
  'operation.request',
  'operation.approve',
  'operation.cancel',
  'ledger.read',
  'maintenance.manage',
  'cluster.manage',
  'node.enrol',
  'user.manage',
  'token.manage',
  'session.revoke',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Machines read, and may ask for operations, call them off and fetch what they left. Approving and breaking glass stay with people. */
export const API_TOKEN_PERMISSIONS = [
  'cluster.read',
  'audit.read',
  'operation.request',
  'operation.cancel',
  'ledger.read',
] as const satisfies readonly Permission[];
export type ApiTokenPermission = (typeof API_TOKEN_PERMISSIONS)[number];

const GRANTS: Record<Role, readonly Permission[]> = {
  viewer: ['cluster.read'],
  auditor: ['cluster.read', 'audit.read', 'ledger.read'],
  operator: ['cluster.read', 'finding.acknowledge', 'operation.request', 'operation.cancel', 'ledger.read', 'maintenance.manage'],
  // Not `operation.request`: who approves does not ask.
  approver: ['cluster.read', 'operation.approve', 'operation.cancel'],
  // Security, not operations: an administrator gives the rights and does not use them.
  admin: [
    'cluster.read',
    'audit.read',
    'finding.acknowledge',
    'cluster.manage',
    'node.enrol',
    'user.manage',
    'token.manage',
    'session.revoke',
  ],
};

/** Who does something. A closed union: "who did it" is never an optional string. */
export type Actor =
  | { kind: 'user'; userId: number; email: string; role: Role; sessionId: string }
  | { kind: 'apiToken'; tokenId: number; name: string; permissions: readonly Permission[] }
  /** Farshore's own processes and the administrator on the machine, who holds the database anyway. */
  | { kind: 'system'; process: string };

/** Whether an actor holds a permission. Doubt denies: an unknown role holds nothing. */
export function mayActor(actor: Actor, permission: Permission): boolean {
  switch (actor.kind) {
    case 'user':
      return GRANTS[actor.role]?.includes(permission) ?? false;
    case 'apiToken':
      return actor.permissions.includes(permission);
    case 'system':
      return true;
  }
}

/** The same as a sentence for tooltips and API errors; `null` when allowed. */
export function whyDenied(actor: Actor, permission: Permission): string | null {
  if (mayActor(actor, permission)) return null;
  const who = actor.kind === 'user' ? `The role “${actor.role}”` : actor.kind === 'apiToken' ? `The token “${actor.name}”` : 'This process';
  return `${who} may not do this (it needs “${permission}”). Ask an administrator.`;
}
