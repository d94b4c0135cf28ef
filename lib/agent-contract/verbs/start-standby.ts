/** Starts a stopped server as standby. Refused when the data directory is marked as unusable. */
import { z } from 'zod';
import { NodeReport } from '../node-report.ts';
import { Name, SlotName } from '../primitives.ts';
import { defineVerb } from './verb.ts';

export const verb = defineVerb({
  name: 'start-standby',
  args: z.strictObject({ upstream: Name, slot: SlotName.nullable() }),
  /** `logLanguage`: why the log does not tell whether it will stream; absent while it streams, or when the log is in English. */
  evidence: z.object({ report: NodeReport, startMs: z.number(), logLanguage: z.string().max(500).optional() }),
  looksOnly: false,
  lane: 'server',
  urgency: 'in-turn',
  yields: { to: 'before-steering', leaves: 'The server may be starting as a standby.' },
  journal: 'required',
  leadership: { allowed: 'usable-directory', before: 'term-only', after: 'standby-if-in-recovery' },
  settles: true,
  critical: false,
  needs: {
    programs: ['pg_ctl', 'pg_controldata'],
    functions: [],
    parameters: ['primary_conninfo', 'primary_slot_name', 'recovery_target_timeline', 'restore_command'],
  },
});
