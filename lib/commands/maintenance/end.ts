import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { endMaintenance as end } from '../../db/operations/maintenances.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { Refusal, defineCommand } from '../define.ts';

/** Ends announced work before its time. */
export const endMaintenance = defineCommand({
  name: 'maintenance.end',
  permission: 'maintenance.manage',
  input: z.object({ id: z.number().int().positive('it is not the number of a maintenance') }),
  run: async ({ tx, actor, at }, { id }) => {
    const ended = await end(queryableOf(tx), id, actorLabel(actor), at);
    if (ended === null) throw new Refusal('This maintenance has ended already, or there is none of this number.', `maintenance:${id}`);
    const subject = ended.node === null ? `cluster:${ended.slug}` : `node:${ended.slug}/${ended.node}`;
    return { value: ended, audit: { subject, body: { maintenance: id } } };
  },
});
