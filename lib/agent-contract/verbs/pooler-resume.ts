/** Has a pooler let its clients continue. */
import { z } from 'zod';
import { Name } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'pooler-resume',
  args: z.strictObject({ pooler: Name }),
  evidence: z.object({ resumedMs: z.number() }),
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
