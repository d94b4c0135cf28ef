/** Refuses what an actor may not do: the last gate, called by every query, so a page without its own check still reads nothing. */
import { clustersWith, knowsCluster, mayActor, mayAnywhere, whyDenied } from './permissions.ts';
import type { Actor, ClusterSet, Permission, Scope } from './permissions.ts';

/** Something that an actor knows of and may not do. The message may be shown. */
export class NotAllowedError extends Error {
  override name = 'NotAllowedError';
  readonly permission: Permission;
  readonly scope: Scope;

  constructor(actor: Actor, permission: Permission, scope: Scope) {
    super(whyDenied(actor, permission, scope) ?? 'Not allowed.');
    this.permission = permission;
    this.scope = scope;
  }
}

/** About the whole fleet: throws NotAllowedError. */
export function authorise(actor: Actor, permission: Permission, scope: 'fleet'): void;
/**
 * `false` when the actor may not know that this cluster exists: the caller then answers as for one that does not. Throws NotAllowedError
 * about a cluster they know of, and when they hold the permission nowhere.
 */
export function authorise(actor: Actor, permission: Permission, scope: { readonly cluster: string }): boolean;
export function authorise(actor: Actor, permission: Permission, scope: Scope): boolean {
  if (mayActor(actor, permission, scope)) return true;
  if (scope === 'fleet' || knowsCluster(actor, scope.cluster) || !mayAnywhere(actor, permission)) {
    throw new NotAllowedError(actor, permission, scope);
  }
  return false;
}

/** The clusters that a list, or an object of a yet unknown cluster, is limited to. Throws NotAllowedError when that is none. */
export function authorisedClusters(actor: Actor, permission: Permission): ClusterSet {
  const clusters = clustersWith(actor, permission);
  if (clusters.length === 0) throw new NotAllowedError(actor, permission, 'fleet');
  return clusters;
}
