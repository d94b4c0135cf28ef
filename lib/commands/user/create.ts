import { randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { z } from 'zod';
import { isUniqueViolation } from '../../db/ground/prisma.ts';
import { insertUser } from '../../db/accounts/users.ts';
import { ROLES } from '../../domain/policy/permissions.ts';
import { NO_ROLE } from '../../domain/policy/held.ts';
import { Refusal, defineCommand } from '../define.ts';
import { displayText, email } from '../names.ts';
import { clusterScope, onEach, refuseUnknown } from '../scope.ts';

const PASSWORD_LENGTH_MIN = 12;
const PASSWORD_LENGTH_MAX = 1024;
const GENERATED_PASSWORD_BYTES = 15;

/** Creates an account with a role on the whole fleet or on some clusters only. Without a password one is made, and returned this once. Kept as argon2id. */
export const createUser = defineCommand({
  name: 'user.create',
  permission: 'user.manage',
  object: 'fleet',
  input: z.object({
    email,
    name: displayText('the name'),
    role: z.enum(ROLES, { error: `the role is one of: ${ROLES.join(', ')}` }),
    clusters: clusterScope,
    password: z
      .string()
      .min(PASSWORD_LENGTH_MIN, `a password has at least ${PASSWORD_LENGTH_MIN} characters`)
      .max(PASSWORD_LENGTH_MAX, `a password has at most ${PASSWORD_LENGTH_MAX} characters`)
      .optional(),
  }),
  run: async ({ tx }, { email, name, role, clusters, password }) => {
    const subject = `user:${email}`;
    await refuseUnknown(tx, clusters, subject);
    const chosen = password ?? randomBytes(GENERATED_PASSWORD_BYTES).toString('base64url');
    const passwordHash = await hash(chosen);
    try {
      const { id } = await insertUser(tx, {
        ...{ email, name, passwordHash },
        ...(clusters === null ? { role, clusterRoles: {} } : { role: NO_ROLE, clusterRoles: onEach(clusters, role) }),
      });
      return {
        value: { id, email, role, clusters, password: chosen },
        audit: { subject, body: { name, role, clusters: clusters ?? 'fleet' } },
      };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new Refusal(`There is an account for ${email} already, perhaps a disabled one.`, subject);
    }
  },
});
