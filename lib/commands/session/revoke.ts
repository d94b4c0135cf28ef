import { z } from 'zod';
import { revokeSession, revokeSessionsOf } from '../../db/accounts/users.ts';
import { Refusal, defineCommand } from '../define.ts';
import { email } from '../names.ts';

/** Ends one session, or all of an account. Effective with the next request. */
export const revokeSessions = defineCommand({
  name: 'session.revoke',
  permission: 'session.revoke',
  object: 'fleet',
  input: z.union([z.object({ sessionId: z.uuid('it is not the id of a session') }), z.object({ email })]),
  run: async ({ tx, at }, input) => {
    if ('email' in input) {
      const sessionsEnded = await revokeSessionsOf(tx, input.email, at);
      return { value: { sessionsEnded }, audit: { subject: `user:${input.email}`, body: { sessionsEnded } } };
    }
    const owner = await revokeSession(tx, input.sessionId, at);
    if (owner === null) throw new Refusal('There is no open session of that id.', `session:${input.sessionId}`);
    return { value: { sessionsEnded: 1 }, audit: { subject: `user:${owner.email}`, body: { sessionId: input.sessionId } } };
  },
});
