/** Explains how the figures of the findings page are measured. */
import type { HelpText } from './text.ts';

export const FINDING_HELP = {
  attention: {
    title: 'Need attention',
    meaning:
      'Open findings by severity, without the acknowledged ones. Critical: data or service is at risk now. Warning: it will be. Info: worth knowing.',
    measured: 'Every cluster is evaluated about once a second from what its agents report; this page asks every 3 s.',
    limits: 'Nothing is concluded for a cluster that is not evaluated: then the page says so instead of 0.',
  },
  grouping: {
    title: 'One cause',
    meaning: 'Findings that follow from another one are listed under it: fix the first one first.',
    measured: 'By rules over the topology: a dead server explains its missing stream, a broken stream explains a growing slot.',
    limits: 'Findings without a rule between them are listed alone, although they may have a common cause.',
  },
  since: {
    title: 'Since',
    meaning: 'When it was first seen, not when it was first listed.',
    measured:
      'A finding opens after it was seen several times within seconds (how many depends on its kind) and closes after several evaluations without it, so that it does not flap.',
  },
  timesBefore: {
    title: 'Times before',
    meaning: 'How often the same thing about the same node was wrong and resolved within the chosen days.',
    measured: 'Counted from the history of findings, which is kept.',
  },
  acknowledged: {
    title: 'Acknowledged',
    meaning:
      'A person took note, with a reason and an expiry. The finding stays listed and evaluated; it no longer counts as needing attention.',
    measured: 'It ends at its expiry, when it is withdrawn, or when the finding becomes more severe.',
  },
  times: {
    title: 'Times',
    meaning: 'How often it opened and was resolved within the chosen days.',
    measured: 'From the history of findings; the 500 kinds that were resolved last are listed.',
  },
  lastResolved: {
    title: 'Last resolved',
    meaning: 'When it was last resolved.',
    measured: 'After several evaluations in a row without it: some seconds after the problem itself ended.',
  },
  lasted: {
    title: 'Last duration',
    meaning: 'How long it was open the last time.',
    measured: 'From when it was first seen to when it was resolved.',
  },
  longest: { title: 'Longest', meaning: 'The longest of these times.', measured: 'From the history of findings within the chosen days.' },
  together: {
    title: 'Total',
    meaning: 'All of these times added up.',
    measured: 'From the history of findings that were resolved within the chosen days; open ones are not included.',
  },
} as const satisfies Record<string, HelpText>;
