/** Sets synchronous_standby_names; on a standby it takes effect with its promotion. */
import { z } from 'zod';
import { SynchronousStandbys, boundedText } from '../primitives.ts';
import { defineVerb, NO_CLAIM } from './verb.ts';

export const verb = defineVerb({
  name: 'set-synchronous',
  args: z.strictObject({ synchronous: SynchronousStandbys }),
  evidence: z.object({ value: boundedText(1024) }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The setting may have been changed.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: true,
  critical: false,
  needs: { programs: [], functions: [], parameters: ['synchronous_standby_names'] },
});
