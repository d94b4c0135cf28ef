/** Finds standbys that log in as a superuser. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const replicationSuperuser: FindingKind<'replication-superuser'> = {
  code: 'replication-superuser',
  title: 'Replication as superuser',
  impact: 'Anyone who steals this standby’s password controls the primary.',
  likelyCauses: ['The standby was set up with the postgres role.'],
  nextAction:
    'On the primary: `CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD …`, use it in primary_conninfo of the standbys, and reload.',
  subject: 'role',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  /** Judged by use: the bootstrap superuser always holds REPLICATION, which harms nobody until a standby logs in with it. */
  rule: perNode(({ name, live, node }) => {
    const superusers = new Set(node.facts?.replicationRoles?.filter((role) => role.superuser).map((role) => role.name));
    const used = [...new Set((live?.downstreams ?? []).map((row) => row.user).filter((user) => superusers.has(user)))];
    return used.map((user) => ({
      severity: 'warning' as const,
      subject: user,
      summary: `Standbys log in to ${name} for replication as the superuser ${user}.`,
      evidence: {
        role: text(user),
        streams: text(
          live!.downstreams
            .filter((row) => row.user === user)
            .map((row) => row.applicationName)
            .join(', '),
        ),
      },
    }));
  }),
};
