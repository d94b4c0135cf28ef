/** Waits until WAL past a position was received: before the term changes hands, while the old primary can still be started again. */
import { z } from 'zod';
import { Count, LsnText } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'await-wal',
  args: z.strictObject({
    /** `null`: until the upstream of this standby has ended its stream, as it does when it was shut down. */
    past: LsnText.nullable(),
    waitMs: Count,
  }),
  evidence: z.object({ receivedLsn: LsnText, waitedMs: z.number() }),
  looksOnly: true,
  lane: 'look',
  urgency: 'in-turn',
  yields: 'never',
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: true,
  needs: NOTHING_NEEDED,
});
