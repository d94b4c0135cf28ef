/** Does a pgBackRest delta restore as standby. */
import { z } from 'zod';
import { boundedText } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NoArguments, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'restore',
  args: NoArguments,
  evidence: z.object({ tookMs: z.number(), output: boundedText(4000) }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: {
    to: 'before-everything',
    leaves: 'The data directory may be incomplete: it must be restored or cloned before the server is started.',
  },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: NOTHING_NEEDED,
});
