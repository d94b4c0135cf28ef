/** Finds agents whose own journal does not continue where it ended. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { IMMEDIATE } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { always } from '../../observability.ts';
import type { Said } from '../../rule.ts';

/** A break lies in the past and can't be repaired: it is shown this long, for a person to explain it. */
const JOURNAL_BREAK_SHOWN_MS = 30 * 24 * 3_600_000;

export const journalBroken: FindingKind<'journal-broken'> = {
  code: 'journal-broken',
  title: 'Agent’s journal is broken',
  impact: 'The agent’s own record of what it performed has a gap or was changed: it is no evidence for that time. All parts are kept.',
  likelyCauses: [
    'The agent was reinstalled, or its state directory was replaced or restored from a backup.',
    'The disk lost part of the file.',
    'The journal was edited.',
  ],
  nextAction:
    'Find out who changed the state directory of {node} at that time (the audit log has the time). Then acknowledge this finding with the reason. It closes 30 days after the break.',
  subject: null,
  hysteresis: IMMEDIATE,
  concludedFromSilence: false,
  isObservable: always,
  explains: [],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: ({ input, nowMs }) =>
    input.nodes.flatMap(({ name, journalBreak }): Said[] => {
      if (journalBreak === null || nowMs - journalBreak.atMs > JOURNAL_BREAK_SHOWN_MS) return [];
      const { kind, reason, atMs } = journalBreak;
      return [
        {
          // A new installation is the usual way to a new journal; a hole or another text has no usual way.
          severity: kind === 'anew' ? 'warning' : 'critical',
          nodeName: name,
          subject: null,
          summary: `The journal of the agent of ${name} is broken: ${reason}`,
          evidence: { brokenAt: { kind: 'instant', value: new Date(atMs).toISOString() }, reason: text(reason) },
        },
      ];
    }),
};
