/** Finds a standby that receives WAL and does not apply it. */
import { formatDuration } from '../../../format/duration.ts';
import { formatBytes } from '../../../format/quantity.ts';
import { REPLAY_STALLED_MS, replayWaitMs } from '../../../topology/node-state.ts';
import { count, bytes, duration } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';
import { lostStream, streamCause } from './stream-cause.ts';

export const replayStalled: FindingKind<'replay-stalled'> = {
  code: 'replay-stalled',
  title: 'Replay is stalled',
  impact: 'WAL arrives but is not replayed: reads are stale, and a promotion first replays the backlog.',
  likelyCauses: ['A long query on the standby conflicts with replay.', 'Its disk is slow or hangs.', 'Recovery waits for a lock.'],
  nextAction:
    "On {node}: `SELECT pid, now() - xact_start AS age, query FROM pg_stat_activity WHERE state <> 'idle' ORDER BY age DESC`. End the query that blocks replay, or lower max_standby_streaming_delay.",
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['broken-stream'],
  cause: (finding, look) =>
    lostStream(finding, look) ?? look.find(['paused-replay'], look.on(finding.nodeName)) ?? streamCause(finding, look),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode((standby, { views }) => {
    const view = views.get(standby.name);
    if (view?.replication?.replaying !== false || standby.live?.replayPaused === true) return [];
    const waitMs = replayWaitMs(standby);
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `Replay on ${standby.name} has not moved for ${formatDuration(waitMs)} (limit ${formatDuration(REPLAY_STALLED_MS)}) while ${formatBytes(view.lag.applyBytes)} wait to be replayed.`,
        evidence: {
          stalledFor: duration(waitMs),
          waiting: bytes(view.lag.applyBytes),
          replayPosition: { kind: 'lsn', value: standby.live?.replayLsn ?? null },
          conflictsCancelled: count(standby.live?.conflictsCancelled ?? null),
        },
      },
    ];
  }),
};
