/**
 * Leaves a streaming standby without restore_command until it is put back by `held: false`, or by its agent after ten minutes: its
 * startup process would run it several times while clients wait. Not held where the archive can't be asked which timelines it holds.
 */
import { z } from 'zod';
import { boundedText } from '../primitives.ts';
import { defineVerb, NO_CLAIM } from './verb.ts';

export const verb = defineVerb({
  name: 'hold-archive-restore',
  args: z.strictObject({ held: z.boolean() }),
  evidence: z.object({
    held: z.boolean(),
    /** Why nothing is held, although that was asked for. */
    reason: boundedText(500).nullable(),
  }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'restore_command may be held; it is put back after ten minutes.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: { programs: [], functions: [], parameters: ['restore_command'] },
});
