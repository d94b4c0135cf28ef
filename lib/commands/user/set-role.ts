import { z } from 'zod';
import { countEnabled, findUser, lockAccounts, setUserRole } from '../../db/accounts/users.ts';
import { ROLES } from '../../domain/policy/permissions.ts';
import { Refusal, defineCommand } from '../define.ts';
import { email } from '../names.ts';

/** Gives an account another role, effective with its next request. The last administrator keeps theirs. */
export const setRole = defineCommand({
  name: 'user.set-role',
  permission: 'user.manage',
  object: 'fleet',
  input: z.object({ email, role: z.enum(ROLES, { error: `the role is one of: ${ROLES.join(', ')}` }) }),
  run: async ({ tx }, { email, role }) => {
    const subject = `user:${email}`;
    await lockAccounts(tx);
    const user = await findUser(tx, email);
    if (user === null) throw new Refusal(`There is no account for ${email}.`, subject);
    if (user.disabledAt !== null) throw new Refusal(`The account ${email} is disabled.`, subject);
    if (user.role === role) throw new Refusal(`${email} has the role “${role}” already.`, subject);
    if (user.role === 'admin' && (await countEnabled(tx, 'admin')) === 1) {
      throw new Refusal(`${email} is the last administrator. Create another one first.`, subject);
    }
    await setUserRole(tx, email, role);
    return { value: { email, role }, audit: { subject, body: { before: user.role, after: role } } };
  },
});
