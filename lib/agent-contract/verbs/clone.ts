/** Takes a base backup of the named source with pg_basebackup. `replace: false` wants an empty directory. */
import { z } from 'zod';
import { Count, Name, SlotName } from '../primitives.ts';
import { defineVerb, NO_CLAIM } from './verb.ts';

export const verb = defineVerb({
  name: 'clone',
  args: z.strictObject({ source: Name, slot: SlotName.nullable(), replace: z.boolean(), bytesPerSecondMax: Count.nullable() }),
  evidence: z.object({ tookMs: z.number(), bytes: Count }),
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
  needs: { programs: ['pg_basebackup'], functions: [], parameters: [] },
});
