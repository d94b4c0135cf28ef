/** Finds nodes on which PostgreSQL is stopped, starting or stopping. */
import { text, instantAt } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { revert } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const serverNotRunning: FindingKind<'server-not-running'> = {
  code: 'server-not-running',
  title: 'PostgreSQL is not running',
  impact: 'This node serves no clients. If it is the primary, the cluster accepts no writes.',
  likelyCauses: ['It was stopped.', 'It crashed, for example on a full disk.', 'The host has just started.'],
  nextAction:
    'Read the end of the server log on {node}, then start PostgreSQL. If another node was promoted since, do not start this one as a primary: rewind it first.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: agentSeen,
  explains: ['node-away'],
  cause: (finding, look) => look.find(['node-silent', 'full-disk'], look.on(finding.nodeName)),
  groupedBy: 'occurrence',
  nextOperation: (finding) => (finding.evidence['fencedSince'] === undefined ? null : revert(finding)),
  clusterSentence: null,
  rule: perNode(({ name, role, observation }) => {
    const state = observation!.server.state;
    if (state !== 'stopped' && state !== 'starting' && state !== 'stopping') return [];
    const words = { stopped: 'is not running', starting: 'is starting up', stopping: 'is shutting down' }[state];
    const fenced = observation!.authority?.fenced ?? null;
    return [
      {
        // A restart is no disaster, but if it takes long enough to be reported the figures say so. A fenced one is down on purpose.
        severity: role === 'primary' && fenced === null ? 'critical' : state === 'stopped' ? 'warning' : 'info',
        subject: null,
        summary: `PostgreSQL on ${name} ${words}${fenced === null ? '' : ': it is fenced and returns by a reversion, not by a start'}.`,
        evidence: {
          serverState: text(state),
          message: text(observation!.server.message),
          ...(fenced === null ? {} : { fencedSince: instantAt(Date.parse(fenced.at)), fencedBecause: text(fenced.reason) }),
        },
      },
    ];
  }),
};
