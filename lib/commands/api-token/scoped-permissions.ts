/** Where a token holds its permissions, and that its maker holds them there. */
import { mayActor } from '../../domain/policy/permissions.ts';
import type { Actor, Permission } from '../../domain/policy/permissions.ts';
import { Refusal } from '../define.ts';
import { onEach } from '../scope.ts';

/** As it is stored: on the whole fleet, or on each of these clusters. */
export const scopedPermissions = (permissions: readonly string[], clusters: readonly string[] | null) =>
  clusters === null
    ? { permissions: [...permissions], clusterPermissions: {} }
    : { permissions: [], clusterPermissions: onEach(clusters, [...permissions]) };

/** Refuses permissions that the giver does not hold there. */
export function refuseBeyond(actor: Actor, permissions: readonly Permission[], clusters: readonly string[] | null, subject: string): void {
  const scopes = clusters === null ? (['fleet'] as const) : clusters.map((cluster) => ({ cluster }));
  const beyond = [...new Set(permissions)].filter((permission) => scopes.some((scope) => !mayActor(actor, permission, scope)));
  if (beyond.length === 0) return;
  throw new Refusal(
    `You do not hold ${beyond.map((one) => `“${one}”`).join(', ')} there, and a token has never more than its maker. On the controller’s machine: npm run admin -- api-token.`,
    subject,
  );
}
