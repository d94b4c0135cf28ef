/** Streams from another node from now on, without a restart. */
import { z } from 'zod';
import { NodeReport } from '../node-report.ts';
import { Name, SlotName } from '../primitives.ts';
import { defineVerb } from './verb.ts';

export const verb = defineVerb({
  name: 'follow',
  args: z.strictObject({
    upstream: Name,
    slot: SlotName.nullable(),
    /** `false`: it is told, and not waited for, because that node may be down; otherwise (left out) it is done when it streams. */
    untilStreaming: z.boolean().optional(),
  }),
  evidence: z.object({ report: NodeReport }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The node may have been told already to stream from the new upstream.' },
  journal: 'required',
  leadership: { allowed: 'always', before: 'term-only', after: 'standby-if-in-recovery' },
  settles: true,
  critical: false,
  needs: { programs: [], functions: [], parameters: ['primary_conninfo', 'primary_slot_name'] },
});
