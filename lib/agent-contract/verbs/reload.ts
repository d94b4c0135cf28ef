/** Has the server read its configuration again. */
import { z } from 'zod';
import { Name } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NoArguments } from './verb.ts';

export const verb = defineVerb({
  name: 'reload',
  args: NoArguments,
  evidence: z.object({ pendingRestart: z.array(Name).max(128) }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The configuration may have been read again.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: { programs: [], functions: [], parameters: [] },
});
