/** Stops the server at once (immediate, then by force) and keeps it from being primary under any lower term. */
import { z } from 'zod';
import { ControlState } from '../node-report.ts';
import { defineVerb, NoArguments } from './verb.ts';

export const verb = defineVerb({
  name: 'fence',
  args: NoArguments,
  evidence: z.object({ wasRunning: z.boolean(), forced: z.boolean(), stopMs: z.number(), control: ControlState.nullable() }),
  looksOnly: false,
  lane: 'server',
  urgency: 'before-everything',
  yields: 'never',
  journal: 'if-possible',
  leadership: { allowed: 'always', before: 'fenced', after: 'unchanged' },
  settles: false,
  critical: true,
  needs: { programs: ['pg_controldata'], functions: [], parameters: [] },
});
