import { z } from 'zod';
import { countEnabled, findUser, lockAccounts, setUserRoles } from '../../db/accounts/users.ts';
import { NO_ROLE, rolesHeld } from '../../domain/policy/held.ts';
import { ROLES } from '../../domain/policy/permissions.ts';
import { Refusal, defineCommand } from '../define.ts';
import { email } from '../names.ts';
import { clusterScope, onEach, refuseUnknown } from '../scope.ts';

/**
 * Gives an account another role on the whole fleet, or on some clusters beyond that; `none` takes it away. What it holds elsewhere stays.
 * Effective with its next request. The last administrator of the fleet keeps theirs.
 */
export const setRole = defineCommand({
  name: 'user.set-role',
  permission: 'user.manage',
  object: 'fleet',
  input: z.object({
    email,
    role: z.enum([...ROLES, NO_ROLE], { error: `the role is one of: ${[...ROLES, NO_ROLE].join(', ')}` }),
    clusters: clusterScope,
  }),
  run: async ({ tx }, { email, role, clusters }) => {
    const subject = `user:${email}`;
    await lockAccounts(tx);
    const user = await findUser(tx, email);
    if (user === null) throw new Refusal(`There is no account for ${email}.`, subject);
    if (user.disabledAt !== null) throw new Refusal(`The account ${email} is disabled.`, subject);
    const held = rolesHeld(user);
    const roleOn = (cluster: string) => held.clusters.get(cluster) ?? NO_ROLE;
    if (clusters === null ? user.role === role : clusters.every((cluster) => roleOn(cluster) === role)) {
      throw new Refusal(`${email} has the role “${role}” ${clusters === null ? '' : 'there '}already.`, subject);
    }
    if (clusters === null && user.role === 'admin' && (await countEnabled(tx, 'admin')) === 1) {
      throw new Refusal(`${email} is the last administrator. Create another one first.`, subject);
    }
    // A role on a cluster that was retired since can be taken away.
    if (role !== NO_ROLE) await refuseUnknown(tx, clusters, subject);
    const others = Object.fromEntries([...held.clusters].filter(([cluster]) => clusters?.includes(cluster) !== true));
    const clusterRoles = { ...others, ...(clusters === null || role === NO_ROLE ? {} : onEach(clusters, role)) };
    await setUserRoles(tx, email, { role: clusters === null ? role : (held.fleet ?? NO_ROLE), clusterRoles });
    const before = clusters === null ? user.role : Object.fromEntries(clusters.map((cluster) => [cluster, roleOn(cluster)]));
    return { value: { email, role, clusters }, audit: { subject, body: { clusters: clusters ?? 'fleet', before, after: role } } };
  },
});
