/** Takes note of term and holder. A holder's agent claims its leadership; any other agent's node is not the primary under this term. */
import { z } from 'zod';
import { Name, Timeline } from '../primitives.ts';
import { defineVerb, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'note-term',
  args: z.strictObject({ holder: Name, timeline: Timeline.nullable() }),
  evidence: z.object({ holdsLeadership: z.boolean(), stopped: z.boolean() }),
  looksOnly: false,
  lane: 'term',
  urgency: 'in-turn',
  yields: 'never',
  journal: 'required',
  leadership: { allowed: 'always', before: 'named-holder', after: 'standby-if-streaming' },
  settles: false,
  critical: false,
  needs: NOTHING_NEEDED,
});
