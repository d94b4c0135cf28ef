/** Starts a stopped primary again as primary, which only its holder's agent does. */
import { z } from 'zod';
import { NodeReport } from '../node-report.ts';
import { defineVerb, NoArguments } from './verb.ts';

export const verb = defineVerb({
  name: 'start-primary',
  args: NoArguments,
  evidence: z.object({ report: NodeReport }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The server may be starting.' },
  journal: 'required',
  leadership: { allowed: 'former-leader', before: 'claims', after: 'unchanged' },
  settles: true,
  critical: false,
  needs: { programs: ['pg_ctl', 'pg_controldata'], functions: [], parameters: [] },
});
