import { z } from 'zod';
import { revokeApiTokenById } from '../../db/accounts/users.ts';
import { Refusal, defineCommand } from '../define.ts';

/** Ends an API token: its next request is refused. */
export const revokeApiToken = defineCommand({
  name: 'api-token.revoke',
  permission: 'token.manage',
  object: 'fleet',
  input: z.object({ id: z.number().int().positive() }),
  run: async ({ tx, at }, { id }) => {
    const name = await revokeApiTokenById(tx, id, at);
    if (name === null) throw new Refusal('There is no such token, or it was revoked already.', `token:#${id}`);
    return { value: { name }, audit: { subject: `token:${name}`, body: { id } } };
  },
});
