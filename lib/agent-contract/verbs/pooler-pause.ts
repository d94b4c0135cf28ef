/** Has a pooler hold its clients once their running transactions have ended. */
import { z } from 'zod';
import { Count, Name } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'pooler-pause',
  args: z.strictObject({ pooler: Name, waitMs: Count }),
  evidence: z.object({ pausedMs: z.number() }),
  looksOnly: false,
  lane: 'pooler',
  urgency: 'in-turn',
  yields: 'never',
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: true,
  needs: NOTHING_NEEDED,
});
