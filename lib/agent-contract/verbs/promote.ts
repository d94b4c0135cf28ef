/**
 * Waits until WAL past `receivedPast` is here (`null` = promote with what is here), then promotes, and lets clients of the `resume`
 * poolers continue where they point at this node already. A pooler that does not is left to its own step.
 */
import { z } from 'zod';
import { NodeReport } from '../node-report.ts';
import { Count, LsnText, Name, POOLERS_MAX, Timeline } from '../primitives.ts';
import { defineVerb } from './verb.ts';

export const verb = defineVerb({
  name: 'promote',
  args: z.strictObject({
    timeline: Timeline,
    receivedPast: LsnText.nullable(),
    waitMs: Count,
    resume: z.array(Name).max(POOLERS_MAX).optional(),
  }),
  evidence: z.object({
    report: NodeReport,
    /** Where the new timeline begins. */
    switchLsn: LsnText.nullable(),
    waitedForWalMs: z.number(),
    promoteMs: z.number(),
    nudges: Count,
    /** Poolers whose clients continued at once. */
    resumed: z.array(Name).max(POOLERS_MAX).optional(),
  }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The server may have been promoted.' },
  journal: 'required',
  leadership: { allowed: 'new-leader', before: 'claims', after: 'unchanged' },
  settles: true,
  critical: true,
  needs: { programs: [], functions: ['pg_promote(boolean, integer)', 'pg_wal_replay_resume()'], parameters: [] },
});
