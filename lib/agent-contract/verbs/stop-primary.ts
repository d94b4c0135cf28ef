/** Stops the primary with a fast shutdown; answers once pg_control says "shut down". Walsenders of others are ended after `drainMs`. */
import { z } from 'zod';
import { ControlState } from '../node-report.ts';
import { Count, Name } from '../primitives.ts';
import { defineVerb } from './verb.ts';

export const verb = defineVerb({
  name: 'stop-primary',
  args: z.strictObject({ keepStreaming: z.array(Name).max(16), drainMs: Count }),
  evidence: z.object({
    control: ControlState,
    /** From the signal until pg_control said "shut down". */
    shutDownMs: z.number(),
    endedSenders: z.array(Name),
  }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The shutdown may have begun.' },
  journal: 'required',
  leadership: { allowed: 'always', before: 'claims-unless-told', after: 'handed-over' },
  settles: false,
  critical: true,
  needs: { programs: ['pg_ctl', 'pg_controldata'], functions: [], parameters: [] },
});
