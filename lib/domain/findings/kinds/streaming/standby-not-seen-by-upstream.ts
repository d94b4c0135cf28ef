/** Finds a standby that says it streams, but is not heard by its upstream. */
import { isOlderWord, sendingEnd } from '../../../topology/link-state.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { upstreamSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';
import { streamCause } from './stream-cause.ts';

export const standbyNotSeenByUpstream: FindingKind<'standby-not-seen-by-upstream'> = {
  code: 'standby-not-seen-by-upstream',
  title: 'Upstream does not see the standby',
  impact:
    'The standby reports that it streams, but its acknowledgements do not arrive: synchronous commits would wait, and its slot retains WAL.',
  likelyCauses: ['The network is down in one direction.', 'A dead connection has not timed out yet.', 'It streams from another node.'],
  nextAction:
    'Compare `SELECT * FROM pg_stat_replication` on the upstream with `SELECT * FROM pg_stat_wal_receiver` on {node}, and check firewalls and routes from the standby to the upstream.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: upstreamSeen,
  explains: ['broken-stream'],
  cause: streamCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode((standby, { sightings, views }) => {
    const view = views.get(standby.name);
    const upstream = sightings.get(view?.upstream ?? '');
    if (upstream === undefined || view?.replication?.receiving !== true || isOlderWord(standby, upstream)) return [];
    const sending = sendingEnd(upstream, standby);
    if (sending === null || sending.state !== 'down') return [];
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `${standby.name} reports that it streams from ${upstream.name}, which does not see it: ${sending.reason}`,
        evidence: {
          upstream: text(upstream.name),
          reason: text(sending.reason),
          lastReply: { kind: 'instant', value: sending.row?.replyAt ?? null },
        },
      },
    ];
  }),
};
