/** Runs pg_rewind from the named source. Marks the directory as unusable until it is done. */
import { z } from 'zod';
import { Name, boundedText } from '../primitives.ts';
import { defineVerb, NO_CLAIM } from './verb.ts';

export const verb = defineVerb({
  name: 'rewind',
  args: z.strictObject({ source: Name }),
  evidence: z.object({ tookMs: z.number(), needed: z.boolean(), output: boundedText(4000) }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: {
    to: 'before-everything',
    leaves: 'The data directory may be half rewound: it must be rewound, restored or cloned before the server is started.',
  },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: { programs: ['pg_rewind', 'pg_controldata'], functions: [], parameters: [] },
});
