import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { endMaintenance as end } from '../../db/operations/maintenances.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { Refusal, defineCommand } from '../define.ts';
import { maintenanceOf } from '../objects.ts';

const NONE = 'This maintenance has ended already, or there is none of this number.';

/** Ends announced work before its time. */
export const endMaintenance = defineCommand({
  name: 'maintenance.end',
  permission: 'maintenance.manage',
  object: maintenanceOf(NONE),
  input: z.object({ id: z.number().int().positive('it is not the number of a maintenance') }),
  run: async ({ tx, actor, at, found: { slug, node } }, { id }) => {
    if (!(await end(queryableOf(tx), id, actorLabel(actor), at))) throw new Refusal(NONE, `maintenance:${id}`);
    const subject = node === null ? `cluster:${slug}` : `node:${slug}/${node}`;
    return { value: { slug, node }, audit: { subject, body: { maintenance: id } } };
  },
});
