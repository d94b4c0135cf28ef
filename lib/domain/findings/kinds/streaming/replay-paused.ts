/** Finds a standby whose replay is paused. */
import { formatBytes } from '../../../format/quantity.ts';
import type { NodeView } from '../../../topology/model.ts';
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
  impact: 'The standby falls behind, and reads on it become stale, until replay continues.',
  likelyCauses: [
    'pg_wal_replay_pause() was called.',
    'recovery_target_action is pause and the target was reached.',
    'A parameter was below the primary’s (server log: “insufficient parameter settings”).',
  ],
  nextAction:
    'If the server log of {node} names insufficient parameter settings, raise them and restart it: resuming would shut it down. Only if it was paused on purpose: `SELECT pg_wal_replay_resume()`.',
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
        summary: `Replay on ${name} is paused${behind(lag)}.`,
        evidence: { waiting: bytes(lag?.applyBytes ?? null), behindFor: duration(lag?.seconds == null ? null : lag.seconds * 1000) },
      },
    ];
  }),
};

const behind = (lag: NodeView['lag'] | undefined): string =>
  lag?.applyBytes == null ? '' : `, and ${formatBytes(lag.applyBytes)} wait to be replayed`;
