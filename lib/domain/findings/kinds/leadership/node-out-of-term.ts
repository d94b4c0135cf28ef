/** Finds a node that accepts writes while another one leads. */
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { IMMEDIATE } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import type { Said } from '../../rule.ts';

export const nodeOutOfTerm: FindingKind<'node-out-of-term'> = {
  code: 'node-out-of-term',
  title: 'Writable outside the current term',
  impact: 'This node accepts writes although another one is primary. Those writes will be lost when it is rewound.',
  likelyCauses: ['An old primary was started again without standby.signal.', 'It was not fenced at the failover.'],
  nextAction: 'Stop PostgreSQL on {node} (`pg_ctl stop -m fast`), keep its WAL, then rewind it from the current primary.',
  subject: null,
  hysteresis: IMMEDIATE,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: (finding, look) => look.find(['split-brain'], look.named(finding.nodeName)),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  /**
   * Out of recovery without holding the current term. A single node on the current timeline or a later one is a new leader
   * (see topology/leadership.ts), not an intruder.
   */
  rule: ({ topology, sightings, input: { leadership } }) => {
    if (leadership === null) return [];
    return topology.outOfRecovery.flatMap((name): Said[] => {
      const timeline = sightings.get(name)!.live!.timeline;
      const isLeader = name === leadership.holder && timeline >= (leadership.timeline ?? 0);
      const succeeds = topology.outOfRecovery.length === 1 && leadership.holder !== null && timeline >= (leadership.timeline ?? 0);
      // Its own agent recorded on disk that this node was fenced: on any timeline, it is no successor.
      const wasFenced = sightings.get(name)!.observation?.authority?.role === 'fenced';
      if (isLeader || (succeeds && !wasFenced)) return [];
      return [
        {
          severity: 'critical',
          nodeName: name,
          subject: null,
          summary: `${name} accepts writes on timeline ${timeline}, but ${leadership.holder ?? 'nobody'} holds term ${leadership.term} (timeline ${leadership.timeline ?? 'unknown'}).`,
          evidence: { timeline: count(timeline), termTimeline: count(leadership.timeline), holder: text(leadership.holder) },
        },
      ];
    });
  },
};
