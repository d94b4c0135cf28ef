/** Runs `pgbackrest check`: a backup from this node would work. */
import { z } from 'zod';
import { boundedText } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NoArguments, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'check-backup',
  args: NoArguments,
  evidence: z.object({ output: boundedText(4000) }),
  looksOnly: false,
  lane: 'beside',
  urgency: 'in-turn',
  yields: { to: 'before-everything', leaves: 'Backups are as they were.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: NOTHING_NEEDED,
});
