/** Makes the physical slots that are missing, moves those that lag to the given position, never backwards. */
import { z } from 'zod';
import { LsnText, SlotName } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'prepare-slots',
  args: z.strictObject({ slots: z.array(z.strictObject({ name: SlotName, lsn: LsnText.nullable() })).max(32) }),
  evidence: z.object({ slots: z.array(z.object({ name: SlotName, restartLsn: LsnText.nullable() })) }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'Some of the slots may have been made or moved.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: NOTHING_NEEDED,
});
