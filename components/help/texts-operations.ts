/** How the figures of operations and of the audit log come about. */
import type { HelpText } from './text.ts';

export const OPERATION_HELP = {
  writesWait: {
    title: 'Writes wait',
    meaning: 'How long clients can’t write: what the plan allows at most, and what earlier runs of this cluster took.',
    measured:
      'The limit is the sum of the deadlines of the steps. Earlier runs: as “Writes waited” of their results; the median of them is told.',
    limits: 'Before the first run nothing was measured, and only the limit is known.',
  },
  lossExpected: {
    title: 'Data that may be lost',
    meaning: 'What the old primary had written and the new one would lack, in bytes of WAL and in seconds.',
    measured: 'Newest WAL position of the primary minus that of the standby, with the age of both, asked again every 2 s.',
    limits: 'What is written after the primary was last seen is lost too, and nobody can measure it beforehand.',
  },
  checks: {
    title: 'Checks before the start',
    meaning: 'What must hold before anything is done. One that blocks takes the button away; one to be minded does not.',
    measured: 'From the newest report of each agent, every 2 s here and once more by the controller before the first step.',
  },
  deadlines: {
    title: 'Deadlines of the steps',
    meaning: 'How long each step may take until the operation takes it back, or goes on to what is left.',
    measured: 'Not measured: a part of the plan. The page of the run shows how long each step took.',
  },
  writesWaited: {
    title: 'Writes waited',
    meaning: 'How long nobody could write.',
    measured: 'By the journal of the operation: from before writes were held until the new primary was reachable for clients.',
    limits:
      'One client may see some tens of milliseconds more or less. Of a failover, the time before it began is not in it. Not measured when writes were not held.',
  },
  rowsLost: {
    title: 'Rows lost',
    meaning: 'Rows that only the old primary had when another took over.',
    measured: 'None, when the new primary was proven to hold everything. Otherwise counted in the WAL that only the old one has.',
    limits: 'Unknown until a reversion has read that WAL.',
  },
  stepTime: {
    title: 'Time of a step',
    meaning: 'How long a step took or takes, and how long it may.',
    measured: 'Between the events of the run’s journal that were written before the step left and after it was verified.',
  },
} as const satisfies Record<string, HelpText>;

export const AUDIT_HELP = {
  chain: {
    title: 'Hash chain',
    meaning: 'Each event holds the hash of the one before, so that a changed or missing event breaks everything after it.',
    measured: 'The web application computes the hash of what was added when this page is open, and of all events anew every 10 minutes.',
    limits: 'Whoever can write the whole database could make a new chain: compare with a copy outside it.',
  },
  sequence: {
    title: 'Number of an event',
    meaning: 'Its place in the log. Numbers have no gaps.',
    measured: 'Given by the database when the event is written.',
  },
  when: {
    title: 'When',
    meaning: 'When it was written: a change and its event are one transaction.',
    measured: 'By the clock of the control database.',
  },
  outcome: {
    title: 'Outcome',
    meaning:
      'Denied: the right was missing. Refused: a rule stood against it. Started: written before the first effect. Done or failed: how it ended.',
    measured: 'Written by Farshore itself with the act.',
  },
} as const satisfies Record<string, HelpText>;
