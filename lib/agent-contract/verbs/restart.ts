/** Restarts the server as what it is. */
import { z } from 'zod';
import { NodeReport } from '../node-report.ts';
import { defineVerb, NoArguments } from './verb.ts';

export const verb = defineVerb({
  name: 'restart',
  args: NoArguments,
  evidence: z.object({ report: NodeReport, tookMs: z.number() }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The server may be stopped, or starting.' },
  journal: 'required',
  leadership: { allowed: 'as-it-was', before: 'term-only', after: 'unchanged' },
  settles: true,
  critical: false,
  needs: { programs: ['pg_ctl'], functions: [], parameters: [] },
});
