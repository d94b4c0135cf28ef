/** Switches WAL and waits until the history file and the first segment of the timeline are in the archive. */
import { z } from 'zod';
import { Count, Timeline, boundedText } from '../primitives.ts';
import { defineVerb, NO_CLAIM } from './verb.ts';

export const verb = defineVerb({
  name: 'verify-archive',
  args: z.strictObject({ timeline: Timeline, waitMs: Count }),
  evidence: z.object({ history: z.boolean(), firstSegment: boundedText(24).nullable(), waitedMs: z.number() }),
  looksOnly: false,
  lane: 'beside',
  urgency: 'in-turn',
  yields: { to: 'before-everything', leaves: 'WAL may have been switched; the archive continues.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: { programs: [], functions: ['pg_switch_wal()'], parameters: [] },
});
