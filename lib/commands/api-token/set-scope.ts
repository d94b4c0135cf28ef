import { z } from 'zod';
import { findApiToken, setApiTokenScope } from '../../db/accounts/users.ts';
import { permissionsHeld } from '../../domain/policy/held.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterScope, refuseUnknown } from '../scope.ts';
import { refuseBeyond, scopedPermissions } from './scoped-permissions.ts';

/**
 * Changes on which clusters a token holds its permissions, effective with its next request. On the controller's machine only: the web
 * process may not change what a token holds.
 */
export const setApiTokenClusters = defineCommand({
  name: 'api-token.set-scope',
  permission: 'token.manage',
  object: 'fleet',
  input: z.object({ id: z.number().int().positive(), clusters: clusterScope }),
  run: async ({ tx, actor }, { id, clusters }) => {
    const token = await findApiToken(tx, id);
    if (token === null) throw new Refusal('There is no such token, or it was revoked.', `token:#${id}`);
    const subject = `token:${token.name}`;
    await refuseUnknown(tx, clusters, subject);
    const held = permissionsHeld(token);
    const onFleet = (held.fleet ?? []).length > 0;
    const permissions = [...new Set([...(held.fleet ?? []), ...[...held.clusters.values()].flat()])];
    const added = clusters === null ? (onFleet ? [] : null) : onFleet ? [] : clusters.filter((cluster) => !held.clusters.has(cluster));
    if (added === null || added.length > 0) refuseBeyond(actor, permissions, added, subject);
    await setApiTokenScope(tx, id, scopedPermissions(permissions, clusters));
    const before = onFleet ? 'fleet' : [...held.clusters.keys()];
    return { value: { name: token.name, clusters }, audit: { subject, body: { id, permissions, before, after: clusters ?? 'fleet' } } };
  },
});
