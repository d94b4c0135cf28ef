/** Copies and summarises the WAL after `forkLsn`, and exports the rows that only this node has (the loss ledger). */
import { z } from 'zod';
import { LossLedger } from '../loss-ledger.ts';
import { Count, LsnText, Timeline } from '../primitives.ts';
import { defineVerb, NO_CLAIM } from './verb.ts';

export const verb = defineVerb({
  name: 'keep-diverged',
  args: z.strictObject({ timeline: Timeline, forkLsn: LsnText, rowsMax: Count }),
  evidence: z.object({ ledger: LossLedger }),
  looksOnly: false,
  lane: 'beside',
  urgency: 'in-turn',
  yields: { to: 'server-commands', leaves: 'The ledger is not complete; WAL that was copied stays in the keep directory.' },
  journal: 'required',
  leadership: NO_CLAIM,
  settles: false,
  critical: false,
  needs: { programs: ['pg_waldump', 'pg_controldata', 'postgres'], functions: [], parameters: [] },
});
