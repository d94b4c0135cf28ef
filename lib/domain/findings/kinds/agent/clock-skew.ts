/** Finds hosts whose clock differs from the controller’s. */
import { formatDuration } from '../../../format/duration.ts';
import { noCause } from '../../cause-look.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { noOperation } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

const CLOCK_SKEW_WARNING_MS = 1_000;

const CLOCK_SKEW_CRITICAL_MS = 5_000;

export const clockSkew: FindingKind<'clock-skew'> = {
  code: 'clock-skew',
  title: 'Clock is off',
  impact: 'Log times and certificate validity do not match other nodes. Farshore corrects its own figures by the offset.',
  likelyCauses: ['chronyd or ntpd is not running.', 'The host was suspended.'],
  nextAction: 'On {node}: `chronyc tracking`, then `systemctl restart chronyd`.',
  subject: null,
  hysteresis: { openAfter: 5, of: 8, clearAfter: 30 },
  concludedFromSilence: false,
  isObservable: agentSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  /** The offset is known to half a round trip: only what exceeds that is the clock's fault. */
  rule: perNode(({ name, observation }) => {
    const { offsetMs, uncertaintyMs } = observation!.clock;
    if (offsetMs === null) return [];
    const certainMs = Math.abs(offsetMs) - (uncertaintyMs ?? 0);
    if (certainMs <= CLOCK_SKEW_WARNING_MS) return [];
    return [
      {
        severity: certainMs > CLOCK_SKEW_CRITICAL_MS ? 'critical' : 'warning',
        subject: null,
        summary: `The clock of ${name} is ${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'behind' : 'ahead of'} the controller’s (limit ${formatDuration(CLOCK_SKEW_WARNING_MS)}).`,
        evidence: {
          offset: { kind: 'durationMs', value: offsetMs },
          uncertainty: { kind: 'durationMs', value: uncertaintyMs },
          chronyOffset: { kind: 'durationMs', value: observation!.clock.chrony?.offsetMs ?? null },
        },
      },
    ];
  }),
};
