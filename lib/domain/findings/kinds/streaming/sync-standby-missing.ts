/** Finds a primary whose commits wait for synchronous standbys that are not there. */
import { parseSyncNames } from '../../../postgres/sync-names.ts';
import { slotNameOf } from '../../../topology/sighting.ts';
import { textOf } from '../../cause-look.ts';
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const syncStandbyMissing: FindingKind<'sync-standby-missing'> = {
  code: 'sync-standby-missing',
  title: 'Synchronous standby missing',
  impact: 'Fewer synchronous standbys are connected than each commit needs: commits wait.',
  likelyCauses: ['A standby named in synchronous_standby_names is down or disconnected.', 'Its application_name does not match.'],
  nextAction:
    'Bring the standby back. Only if losing acknowledged commits is acceptable, shorten synchronous_standby_names on {node} and run `SELECT pg_reload_conf()`.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: (finding, look) => {
    const missing = (textOf(finding, 'missing') ?? '').split(', ');
    const named = look.nodeNames.filter((name) => missing.includes(name) || missing.includes(slotNameOf(name)));
    return look.find(['node-away', 'broken-stream'], (other) => named.includes(other.nodeName ?? ''));
  },
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live }) => {
    const requirement = live?.inRecovery === false ? parseSyncNames(live.synchronousStandbyNames) : null;
    if (requirement === null) return [];
    const connected = live!.downstreams.filter(
      ({ syncState, state }) => (syncState === 'sync' || syncState === 'quorum') && state === 'streaming',
    );
    if (connected.length >= requirement.required) return [];
    return [
      {
        severity: 'critical',
        subject: null,
        summary: `Commits on ${name} wait for ${requirement.required} synchronous standby(s), but ${connected.length} are streaming.`,
        evidence: {
          required: count(requirement.required),
          streaming: count(connected.length),
          named: text(requirement.members.join(', ')),
          missing: text(requirement.members.filter((member) => !connected.some((row) => row.applicationName === member)).join(', ')),
        },
      },
    ];
  }),
};
