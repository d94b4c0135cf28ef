/** Refuses what an actor may not do: the last gate, called by every query, so that a page that forgot to ask still reads nothing. */
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
 * About one cluster: `false` when the actor may not know that there is one of this name, so that the caller answers as for one that
 * does not exist. Throws NotAllowedError about a cluster they know of, and when they hold the permission nowhere.
 */
export function authorise(actor: Actor, permission: Permission, scope: { readonly cluster: string }): boolean;
export function authorise(actor: Actor, permission: Permission, scope: Scope): boolean {
  if (mayActor(actor, permission, scope)) return true;
  if (scope === 'fleet' || knowsCluster(actor, scope.cluster) || !mayAnywhere(actor, permission)) {
    throw new NotAllowedError(actor, permission, scope);
  }
  return false;
}

/** About a list, or a thing whose cluster is not known yet: what to cut it to. Throws NotAllowedError when that is nothing. */
export function authorisedClusters(actor: Actor, permission: Permission): ClusterSet {
  const clusters = clustersWith(actor, permission);
  if (clusters.length === 0) throw new NotAllowedError(actor, permission, 'fleet');
  return clusters;
}
