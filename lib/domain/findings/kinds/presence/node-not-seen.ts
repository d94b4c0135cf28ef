/** Finds nodes whose agent has stopped reporting. A node that was never enrolled is not silent: it is missing. */
import { formatDuration } from '../../../format/duration.ts';
import { ageMs } from '../../../time/age.ts';
import { NODE_SILENT_MS, lastSeen } from '../../../topology/sighting.ts';
import { text, instantAt } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT, PATIENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { always } from '../../observability.ts';
import type { Said } from '../../rule.ts';

export const nodeNotSeen: FindingKind<'node-not-seen'> = {
  code: 'node-not-seen',
  title: 'Node not seen',
  impact: 'This node’s state is unknown: whether PostgreSQL runs, and how far behind it is.',
  likelyCauses: ['The host is down.', 'The agent is stopped.', 'The network between the agent and the controller is cut.'],
  nextAction:
    'On the host run `systemctl status farshore-agent` and `farshore-agent status` (it works without the controller). If the host does not answer, check the provider’s console before you conclude that PostgreSQL is down.',
  subject: null,
  hysteresis: (finding) => (finding.evidence['lastSeen']?.value === null ? PATIENT : URGENT),
  concludedFromSilence: true,
  isObservable: always,
  explains: ['node-away', 'node-silent'],
  cause: (finding, look) => look.find(['identity-taken'], look.on(finding.nodeName)),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  /** A node that was never enrolled is not silent: it is missing (see streaming.ts). */
  rule: ({ sightings, nowMs }) =>
    [...sightings.values()]
      .filter(({ fresh, node }) => !fresh && (node.enrolled || node.latest !== null))
      .map((sighting): Said => {
        const since = sighting.observation === null ? 'has joined, but never reported' : lastSeen(sighting);
        return {
          severity: sighting.role === 'primary' ? 'critical' : 'warning',
          nodeName: sighting.name,
          subject: null,
          summary: `${sighting.name} ${since}${sighting.observation === null ? '' : ` (limit ${formatDuration(NODE_SILENT_MS)})`}.`,
          evidence: {
            lastSeen: instantAt(sighting.observedAtMs),
            silentFor: { kind: 'durationMs', value: ageMs(sighting.observedAtMs, nowMs) },
            lastRole: text(sighting.role),
          },
        };
      }),
};
