/** Ends another command under way (a base backup, a restore), and leaves what its worst end state says. */
import { z } from 'zod';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'cancel',
  args: z.strictObject({ command: z.uuid() }),
  evidence: z.object({ cancelled: z.boolean() }),
  looksOnly: false,
  lane: 'look',
  urgency: 'in-turn',
  yields: 'never',
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: NOTHING_NEEDED,
});
