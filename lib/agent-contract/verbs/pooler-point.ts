/** Points a paused pooler at a node, and leaves it paused: clients continue only with `pooler-switch`. Refused while it is not paused. */
import { z } from 'zod';
import { Name } from '../primitives.ts';
import { defineVerb, NO_CLAIM, NOTHING_NEEDED } from './verb.ts';

export const verb = defineVerb({
  name: 'pooler-point',
  args: z.strictObject({ pooler: Name, primary: Name }),
  evidence: z.object({ pointedMs: z.number(), primary: Name }),
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
