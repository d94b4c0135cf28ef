/** Reads only: what this node is at this moment. */
import { z } from 'zod';
import { NodeReport, TimelineHistory } from '../node-report.ts';
import { defineVerb, NO_CLAIM, NoArguments } from './verb.ts';

export const verb = defineVerb({
  name: 'report',
  args: NoArguments,
  evidence: z.object({ report: NodeReport, history: TimelineHistory.nullable(), pooler: z.string().nullable().optional() }),
  looksOnly: true,
  lane: 'look',
  urgency: 'in-turn',
  yields: 'never',
  journal: 'none',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: { programs: ['pg_controldata'], functions: [], parameters: [] },
});
