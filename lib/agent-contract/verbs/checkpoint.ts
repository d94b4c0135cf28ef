/** Does a CHECKPOINT, so that a shutdown or a rewind has little to wait for. */
import { z } from 'zod';
import { LsnText } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'checkpoint',
  args: z.strictObject({
    /**
     * On a primary that archives, also fills the present WAL segment. A shutdown switches the segment and sends the rest of it to the
     * standbys as padding, while clients wait; a segment that is nearly full leaves little to send.
     */
    fillSegment: z.boolean().optional(),
  }),
  evidence: z.object({ tookMs: z.number(), redoLsn: LsnText.nullable(), filledTo: LsnText.nullable().optional() }),
  looksOnly: false,
  lane: 'beside',
  urgency: 'in-turn',
  yields: { to: 'before-everything', leaves: 'The server may continue with the checkpoint.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: NOTHING_NEEDED,
});
