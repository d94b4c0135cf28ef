/** Finds nodes on which PostgreSQL runs, but does not answer. */
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const serverNotResponding: FindingKind<'server-not-responding'> = {
  code: 'server-not-responding',
  title: 'PostgreSQL does not respond',
  impact: 'Clients of this node hang or are refused. Whether it accepts writes is unknown.',
  likelyCauses: ['The process is frozen, or the host is overloaded.', 'Its disk hangs.', 'All connections are taken (max_connections).'],
  nextAction:
    "On {node} check load, disk and `dmesg`. If all connections are taken, end idle ones: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'`. Before promoting another node, fence this one: it must not come back as a primary.",
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: agentSeen,
  explains: ['node-away'],
  cause: (finding, look) => look.find(['node-silent', 'full-disk'], look.on(finding.nodeName)),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, role, observation }) => {
    const { state, message } = observation!.server;
    if (state !== 'not-responding' && state !== 'refusing') return [];
    const words = state === 'refusing' ? 'is alive, but refuses the agent’s connection' : 'has a postmaster, but does not answer';
    return [
      {
        severity: role === 'primary' && state === 'not-responding' ? 'critical' : 'warning',
        subject: null,
        summary: `PostgreSQL on ${name} ${words}.`,
        evidence: { serverState: text(state), message: text(message) },
      },
    ];
  }),
};
