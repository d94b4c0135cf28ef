/** Explains how the figures of operations and of the audit log are measured. */
import type { HelpText } from './text.ts';

export const OPERATION_HELP = {
  writesWait: {
    title: 'Write outage',
    meaning: 'How long clients can’t write: what the plan allows at most, and what earlier runs of this cluster took.',
    measured: 'The limit is the sum of the deadlines of the steps. Earlier runs: as in their results; the median is shown.',
    limits: 'Not measured before the first run: only the limit is known.',
  },
  lossExpected: {
    title: 'Data that may be lost',
    meaning: 'What the old primary had written and the new one would lack, in bytes of WAL and in seconds.',
    measured: 'Newest WAL position of the primary minus that of the standby, with the age of both, read again every 2 s.',
    limits: 'What is written after the primary was last seen is lost too. That can’t be measured beforehand.',
  },
  checks: {
    title: 'Checks before the start',
    meaning: 'Conditions before anything is done. A blocked check disables the button; a warning does not.',
    measured: 'From the newest report of each agent, every 2 s here and once more by the controller before the first step.',
  },
  deadlines: {
    title: 'Deadlines of the steps',
    meaning: 'How long each step may take until the operation rolls it back, or continues with what is left.',
    measured: 'Not measured: part of the plan. The page of the run shows how long each step took.',
  },
  writesWaited: {
    title: 'Measured write outage',
    meaning: 'How long no client could write.',
    measured: 'By the journal of the operation: from before writes were paused until the new primary was reachable for clients.',
    limits:
      'One client may see some tens of milliseconds more or less. The time before a failover began is not included. Not measured when writes were not paused.',
  },
  rowsLost: {
    title: 'Rows lost',
    meaning: 'Rows that existed only on the old primary when another took over.',
    measured: 'None when the new primary was proven to have everything. Otherwise counted in the WAL that exists only on the old one.',
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
    meaning: 'Each event holds the hash of the one before, so a changed or missing event breaks the chain after it.',
    measured: 'The web application computes the hash of new events while this page is open, and of all events every 10 minutes.',
    limits: 'Anyone who can write the whole database could build a new chain: compare with a copy outside it.',
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
      'Denied: the permission was missing. Refused: a rule forbade it. Started: written before the first effect. Done or failed: how it ended.',
    measured: 'Written by Farshore itself with the act.',
  },
} as const satisfies Record<string, HelpText>;
