/** Finds a node that says it was promoted past Farshore, which nobody else witnesses. */
import { formatDuration } from '../../../format/duration.ts';
import { judgePromotions } from '../../../leadership/witnesses.ts';
import type { Claim } from '../../../leadership/witnesses.ts';
import { noCause } from '../../cause-look.ts';
import { count, text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { postgresSeen } from '../../observability.ts';
import type { RuleContext } from '../../rule.ts';

export const promotedOutside: FindingKind<'promoted-outside'> = {
  code: 'promoted-outside',
  title: 'Promoted outside, not confirmed',
  impact:
    'This node says that it is the primary now, and the leadership record names another. Farshore believes neither alone: it fences nobody and moves nothing. If both accept writes, each holds rows that the other will never have.',
  likelyCauses: [
    'Somebody promoted it on its host while the old primary was down, and no third node can say so.',
    'Somebody promoted it although the old primary still runs.',
    'Its agent is broken, or in wrong hands, and says what is not so.',
  ],
  nextAction:
    'Look on both hosts: `SELECT pg_is_in_recovery()` and `SELECT timeline_id FROM pg_control_checkpoint()`. If {node} was promoted on purpose, make sure that the other is off, then confirm the promotion. If not, stop PostgreSQL on {node} and its agent, and find out who changed it.',
  subject: null,
  // An honest promotion is witnessed within a few seconds.
  hysteresis: { openAfter: 5, of: 6, clearAfter: 3 },
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: ({ nodeName }) => (nodeName === null ? null : { kind: 'confirm-promotion', target: nodeName }),
  clusterSentence: null,
  rule: (context) =>
    judgePromotions(context.input, context.nowMs)
      .filter(({ believed }) => !believed)
      .map(({ claim, lacks }) => ({
        severity: 'critical' as const,
        nodeName: claim.node,
        subject: null,
        summary: summaryOf(claim, context),
        evidence: {
          claimedTerm: count(claim.term),
          claimedTimeline: count(claim.timeline),
          holder: text(context.input.leadership?.holder ?? null),
          recordedTerm: count(context.input.leadership?.term ?? null),
          recordedTimeline: count(context.input.leadership?.timeline ?? null),
          notSeen: text(lacks.join(' ')),
        },
      })),
};

function summaryOf({ node, term, timeline }: Claim, { input, sightings, nowMs }: RuleContext): string {
  const { holder = null, term: recorded = null } = input.leadership ?? {};
  const entry = input.nodes.find(({ name }) => name === node)?.brokeGlass ?? null;
  const since = entry === null || entry.term !== term ? '' : `, by its journal since ${new Date(entry.atMs).toISOString()}`;
  const says = `${node} says that it is primary${term === null ? '' : ` under term ${term}`} on timeline ${timeline}${since}.`;
  if (holder === null) return `${says} By the record nobody holds term ${recorded}.`;
  const other = sightings.get(holder);
  const seenAgo =
    other?.observedAtMs == null ? 'was never seen' : `was last seen ${formatDuration(Math.max(0, nowMs - other.observedAtMs))} ago`;
  const state = other?.live == null ? seenAgo : other.live.inRecovery ? 'says that it is a standby' : 'says that it accepts writes';
  return `${says} By the record ${holder} holds term ${recorded}, and ${holder} ${state}.`;
}
