/** Finds a standby that holds WAL which the primary never had. */
import { isYoungerThan } from '../../../time/age.ts';
import { furthestLsn } from '../../../postgres/lsn.ts';
import type { Sighting } from '../../../topology/sighting.ts';
import { count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import type { FindingCandidate } from '../../model.ts';
import { revert } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import type { RuleContext } from '../../rule.ts';
import { perNode } from '../../rule.ts';

export const timelineFork: FindingKind<'timeline-fork'> = {
  code: 'timeline-fork',
  title: 'Timelines have forked',
  impact:
    'This node has WAL that the primary never had. It can’t follow the primary, and can’t take over without losing the primary’s writes.',
  likelyCauses: ['It was promoted, or started without standby.signal, for a while.', 'It was ahead of the node that was promoted.'],
  nextAction: 'Save its WAL for inspection, then rewind {node} from the primary, or re-clone it.',
  subject: null,
  hysteresis: { openAfter: 3, of: 4, clearAfter: 10 },
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: (finding, look) => look.find(['split-brain'], look.named(finding.nodeName)),
  groupedBy: 'occurrence',
  nextOperation: revert,
  clusterSentence: null,
  rule: perNode((sighting, context) => {
    const fork = forkOf(sighting, context);
    return fork === null ? [] : [{ severity: 'critical', subject: null, ...fork }];
  }),
};

/** Two nodes' clocks are corrected to about a round trip: a lead must outlast this to be more than their difference. */
const FORK_CLOCK_MARGIN_MS = 2_000;

const FORK_WINDOW_MS = 20_000;

/** WAL is sent only once the primary has flushed it, so a standby ahead of a later sample of the primary has WAL of its own. */
function forkOf(standby: Sighting, { primary, nowMs }: RuleContext): Pick<FindingCandidate, 'summary' | 'evidence'> | null {
  const { live, name } = standby;
  if (primary?.live == null || live === null || !live.inRecovery || live.systemIdentifier !== primary.live.systemIdentifier) return null;
  const evidence = { timeline: count(live.timeline), primaryTimeline: count(primary.live.timeline) };
  if (live.timeline > primary.live.timeline) {
    return { summary: `${name} is on timeline ${live.timeline}, beyond ${primary.name}’s ${primary.live.timeline}.`, evidence };
  }
  const written = primary.node.history.filter((point) => isYoungerThan(point.atMs, FORK_WINDOW_MS, nowMs) && point.flushLsn !== null);
  const isAhead = standby.node.history.some(({ atMs, flushLsn, receiveLsn, replayLsn }) => {
    const held = furthestLsn(receiveLsn, replayLsn);
    if (flushLsn !== null || held === null || !isYoungerThan(atMs, FORK_WINDOW_MS, nowMs)) return false;
    return written.some((point) => point.atMs >= atMs + FORK_CLOCK_MARGIN_MS && point.flushLsn! < held);
  });
  if (!isAhead) return null;
  return {
    summary: `${name} holds WAL beyond what ${primary.name} has written (timelines ${live.timeline}, ${primary.live.timeline}).`,
    evidence,
  };
}
