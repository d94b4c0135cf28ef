/** Finds a primary on which the probe’s commit does not succeed. */
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const primaryNotWritable: FindingKind<'primary-not-writable'> = {
  code: 'primary-not-writable',
  title: 'Primary does not commit',
  impact: 'Applications can’t write, although PostgreSQL is up.',
  likelyCauses: [
    'Commits wait for a synchronous standby that is not connected.',
    'The disk is full or hangs.',
    'All connections are taken.',
    'default_transaction_read_only is on.',
  ],
  nextAction:
    'Read the reason in the evidence. If commits wait for a standby: `SELECT application_name, state, sync_state FROM pg_stat_replication` on {node}, and bring the missing standby back.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: (finding, look) => look.awayOn(finding.nodeName),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live }) => {
    const probe = live?.inRecovery === false ? live.writeProbe : null;
    if (probe === null || probe.ok) return [];
    return [
      {
        severity: 'critical',
        subject: null,
        summary: `${name} is out of recovery, but a commit does not succeed: ${asClause(probe.reason ?? 'the probe failed')}.`,
        evidence: {
          reason: text(probe.reason),
          connectionsUsed: count(live!.connections.used),
          connectionLimit: count(live!.connections.limit),
        },
      },
    ];
  }),
};

/** An agent's sentence at the end of ours: without its full stop. */
function asClause(sentence: string): string {
  return sentence.replace(/\.+$/, '');
}
