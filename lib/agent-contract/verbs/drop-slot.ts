/** Drops a replication slot that nobody uses. */
import { z } from 'zod';
import { SlotName } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'drop-slot',
  args: z.strictObject({ slot: SlotName }),
  evidence: z.object({ existed: z.boolean() }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The slot may be gone.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: NOTHING_NEEDED,
});
