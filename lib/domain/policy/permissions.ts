/** Defines permissions, roles and scopes in one table, read by commands, queries, screens and tests alike (DESIGN §9). */

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

/** The object of a right: the whole fleet, or one cluster by its short name, which no other cluster ever gets again. */
export type Scope = 'fleet' | { readonly cluster: string };

/** Held on the whole fleet, and beyond that on single clusters. */
export interface Scopes<Held> {
  readonly fleet: Held | null;
  readonly clusters: ReadonlyMap<string, Held>;
}

/** A set of clusters by short name; `every` includes those that are made later. */
export type ClusterSet = 'every' | readonly string[];

/** A closed union: "who did it" is never an optional string. */
export type Actor =
  | {
      kind: 'user';
      userId: number;
      email: string;
      scopes: Scopes<Role>;
      sessionId: string;
      /** When this session's person last proved who they are. */
      authenticatedAt: Date;
    }
  /** Never more than its maker has at this moment (`withinMaker`). */
  | { kind: 'apiToken'; tokenId: number; name: string; scopes: Scopes<readonly Permission[]> }
  /** Farshore's own processes and the administrator on the machine, who holds the database anyway. */
  | { kind: 'system'; process: string };

/** The part of an actor that decides their rights: enough for a person who is not signed in now. */
export type Holder =
  { kind: 'user'; scopes: Scopes<Role> } | { kind: 'apiToken'; scopes: Scopes<readonly Permission[]> } | { kind: 'system' };

/** The same on the whole fleet and nothing beyond. */
export const onFleet = <Held>(held: Held): Scopes<Held> => ({ fleet: held, clusters: new Map() });

/** Doubt denies: an unknown role holds nothing. */
export function mayActor(actor: Holder, permission: Permission, scope: Scope): boolean {
  switch (actor.kind) {
    case 'user':
      return holds(actor.scopes, scope, (role) => grants(role, permission));
    case 'apiToken':
      return holds(actor.scopes, scope, (permissions) => permissions.includes(permission));
    case 'system':
      return true;
  }
}

function holds<Held>({ fleet, clusters }: Scopes<Held>, scope: Scope, includes: (held: Held) => boolean): boolean {
  if (fleet !== null && includes(fleet)) return true;
  const held = scope === 'fleet' ? undefined : clusters.get(scope.cluster);
  return held !== undefined && includes(held);
}

export const grants = (role: Role, permission: Permission): boolean => GRANTS[role]?.includes(permission) ?? false;

/** The clusters on which an actor holds a permission: what a list of theirs is cut to. Empty = nowhere. */
export function clustersWith(actor: Actor, permission: Permission): ClusterSet {
  if (mayActor(actor, permission, 'fleet')) return 'every';
  if (actor.kind === 'system') return 'every';
  return [...actor.scopes.clusters.keys()].filter((cluster) => mayActor(actor, permission, { cluster })).sort();
}

export function mayAnywhere(actor: Actor, permission: Permission): boolean {
  const clusters = clustersWith(actor, permission);
  return clusters === 'every' || clusters.length > 0;
}

export const includesCluster = (set: ClusterSet, cluster: string): boolean => set === 'every' || set.includes(cluster);

/** They hold a right on it. For anybody else it does not exist. */
export const knowsCluster = (actor: Actor, cluster: string): boolean =>
  PERMISSIONS.some((permission) => mayActor(actor, permission, { cluster }));

/** Why an actor may not do something, for tooltips and API errors; `null` when allowed. Only about objects that they know of. */
export function whyDenied(actor: Actor, permission: Permission, scope: Scope): string | null {
  if (mayActor(actor, permission, scope)) return null;
  if (scope === 'fleet' && mayAnywhere(actor, permission)) {
    return `This needs “${permission}” on the whole fleet; ${whoOf(actor, 'fleet')} holds it on single clusters only. Ask an administrator.`;
  }
  return `${sentenceStart(whoOf(actor, scope))} may not do this (it needs “${permission}”). Ask an administrator.`;
}

/** The role that counts for the object. */
function whoOf(actor: Actor, scope: Scope): string {
  if (actor.kind === 'apiToken') return `the token “${actor.name}”`;
  if (actor.kind === 'system') return 'this process';
  const { fleet, clusters } = actor.scopes;
  const here = scope === 'fleet' ? undefined : clusters.get(scope.cluster);
  const roles = [...new Set([fleet, here].filter((role) => role != null))].map((role) => `“${role}”`);
  return roles.length === 0 ? 'your account' : `the role ${roles.join(' with ')}`;
}

const sentenceStart = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
