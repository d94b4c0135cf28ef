/** Points the pooler at a node, where it does not yet, and lets waiting clients continue. */
import { z } from 'zod';
import { Count, Name } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'pooler-switch',
  args: z.strictObject({
    pooler: Name,
    primary: Name,
    /** It was pointed there while it was paused, so that it holds no connection to the old primary. */
    pointed: z.boolean().optional(),
  }),
  evidence: z.object({
    switchedMs: z.number(),
    primary: Name,
    /** Those in line when the pooler had logged in, or was no longer waited for; `null` = it did not tell. */
    clientsWaiting: Count.nullable().optional(),
  }),
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
