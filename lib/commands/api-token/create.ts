import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { apiTokenNameIsTaken, insertApiToken } from '../../db/accounts/users.ts';
import { actorLabel } from '../../audit/append.ts';
import { API_TOKEN_PERMISSIONS } from '../../domain/policy/permissions.ts';
import { Refusal, defineCommand } from '../define.ts';
import { displayText } from '../names.ts';
import { clusterScope, refuseUnknown } from '../scope.ts';
import { refuseBeyond, scopedPermissions } from './scoped-permissions.ts';

const SECRET_BYTES = 32;
const DAY_MS = 24 * 3600 * 1000;
const VALID_DAYS_MAX = 3650;

/**
 * Creates an API token with permissions on the whole fleet or on some clusters only, at most those of its maker: with what they lose, it
 * loses the same. The token itself is returned this once; SHA-256 of it is kept.
 */
export const createApiToken = defineCommand({
  name: 'api-token.create',
  permission: 'token.manage',
  object: 'fleet',
  input: z.object({
    name: displayText('the name of the token'),
    permissions: z
      .array(z.enum(API_TOKEN_PERMISSIONS, { error: `a token may hold: ${API_TOKEN_PERMISSIONS.join(', ')}` }))
      .min(1, 'name at least one permission'),
    clusters: clusterScope,
    /** `null` = until it is revoked. */
    validDays: z.number().int().positive().max(VALID_DAYS_MAX).nullable().default(null),
  }),
  run: async ({ tx, actor, at }, { name, permissions, clusters, validDays }) => {
    const subject = `token:${name}`;
    await refuseUnknown(tx, clusters, subject);
    refuseBeyond(actor, permissions, clusters, subject);
    if (await apiTokenNameIsTaken(tx, name, at))
      throw new Refusal(`There is a token “${name}” already. Choose another name, or revoke it.`, subject);
    const token = `fat_${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const expiresAt = validDays === null ? null : new Date(at.getTime() + validDays * DAY_MS);
    const held = [...new Set(permissions)];
    const { id } = await insertApiToken(tx, {
      ...{ name, expiresAt, createdBy: actorLabel(actor), createdByUserId: actor.kind === 'user' ? actor.userId : null },
      ...scopedPermissions(held, clusters),
      secretHash: createHash('sha256').update(token).digest('hex'),
    });
    return {
      value: { id, token, expiresAt },
      audit: { subject, body: { permissions: held, clusters: clusters ?? 'fleet', expiresAt: expiresAt?.toISOString() ?? null } },
    };
  },
});
