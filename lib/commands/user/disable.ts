import { z } from 'zod';
import { countEnabled, disableUser, findUser, lockAccounts } from '../../db/accounts/users.ts';
import { Refusal, defineCommand } from '../define.ts';
import { email } from '../names.ts';

/** Disables an account and ends its sessions at once. The last administrator can't be disabled. */
export const disableAccount = defineCommand({
  name: 'user.disable',
  permission: 'user.manage',
  object: 'fleet',
  input: z.object({ email }),
  run: async ({ tx, at }, { email }) => {
    const subject = `user:${email}`;
    await lockAccounts(tx);
    const user = await findUser(tx, email);
    if (user === null) throw new Refusal(`There is no account for ${email}.`, subject);
    if (user.role === 'admin' && user.disabledAt === null && (await countEnabled(tx, 'admin')) === 1) {
      throw new Refusal(`${email} is the last administrator. Create another one first.`, subject);
    }
    const sessionsEnded = await disableUser(tx, email, at);
    if (sessionsEnded === null) throw new Refusal(`The account ${email} is disabled already.`, subject);
    return { value: { sessionsEnded }, audit: { subject, body: { sessionsEnded } } };
  },
});
