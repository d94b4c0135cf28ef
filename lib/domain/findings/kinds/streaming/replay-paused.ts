/** Finds a standby whose replay somebody paused. */
import { noCause } from '../../cause-look.ts';
import { bytes, duration } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const replayPaused: FindingKind<'replay-paused'> = {
  code: 'replay-paused',
  title: 'Replay is paused',
  impact: 'Somebody paused replay: the standby falls behind on purpose until it is resumed.',
  likelyCauses: ['pg_wal_replay_pause() was called.', 'recovery_target_action is pause and the target was reached.'],
  nextAction: 'If the pause is no longer wanted: `SELECT pg_wal_replay_resume()` on {node}.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['paused-replay'],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live }, { views }) => {
    if (live?.inRecovery !== true || live.replayPaused !== true) return [];
    const lag = views.get(name)?.lag;
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `Replay on ${name} is paused.`,
        evidence: { waiting: bytes(lag?.applyBytes ?? null), behindFor: duration(lag?.seconds == null ? null : lag.seconds * 1000) },
      },
    ];
  }),
};
