/** Finds a slot about to be lost: unreserved already, or idle or far behind with its reserve running out. */
import { formatMinutes } from '../../../format/duration.ts';
import { formatBytes } from '../../../format/quantity.ts';
import { inactiveMs, isFallingBack, isSpare, ratesOf, runwayOf, urgencyOfLoss } from '../../../slots/assessment.ts';
import { text, bytes } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';
import { forecastEvidence } from './forecast-evidence.ts';
import { slotCause } from './slot-cause.ts';

export const slotWillBeLost: FindingKind<'slot-will-be-lost'> = {
  code: 'slot-will-be-lost',
  title: 'Replication slot will be lost',
  impact: 'Once max_slot_wal_keep_size is exceeded, its WAL is removed and the standby that uses it may have to be re-cloned.',
  likelyCauses: ['The standby that uses it is down, disconnected or too slow for the present write rate.'],
  nextAction:
    'Bring the consumer of {subject} back before the time in the evidence runs out, or raise max_slot_wal_keep_size on {node} while the disk has free space (`ALTER SYSTEM`, then `SELECT pg_reload_conf()`).',
  subject: 'slot',
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['slot'],
  cause: slotCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode((sighting, context) => {
    const rates = ratesOf(sighting, context.nowMs);
    return (sighting.live?.slots ?? []).filter(isFallingBack).flatMap((slot) => {
      if (slot.walStatus !== 'unreserved' && isSpare(slot, sighting, context)) return [];
      const runway = runwayOf(sighting, slot, rates());
      const urgency = urgencyOfLoss(slot, inactiveMs(sighting, slot), runway);
      if (urgency === null) return [];
      const { slotLostAtPresentMinutes: left } = runway;
      const when =
        slot.walStatus === 'unreserved' || (slot.safeWalBytes ?? 1) <= 0
          ? 'will be lost at the next checkpoint'
          : left === null
            ? 'can retain little more'
            : `will be lost in ${formatMinutes(left)} at the present write rate`;
      return [
        {
          severity: urgency,
          subject: slot.name,
          summary: `Slot ${slot.name} on ${sighting.name} ${when} (${formatBytes(slot.retainedBytes)} retained, ${formatBytes(slot.safeWalBytes)} left of max_slot_wal_keep_size).`,
          evidence: {
            retained: bytes(slot.retainedBytes),
            left: bytes(slot.safeWalBytes),
            walStatus: text(slot.walStatus),
            ...forecastEvidence(sighting, slot, rates()),
          },
        },
      ];
    });
  }),
};
