/** Finds a replication slot that retains WAL without an active consumer. */
import { formatDuration } from '../../../format/duration.ts';
import { formatBytes } from '../../../format/quantity.ts';
import { inactiveMs, isHolding, isSpare, ratesOf, SLOT_INACTIVE_MS } from '../../../slots/assessment.ts';
import { bytes } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';
import { forecastEvidence } from './forecast-evidence.ts';
import { slotCause } from './slot-cause.ts';

export const slotInactive: FindingKind<'slot-inactive'> = {
  code: 'slot-inactive',
  title: 'Replication slot has no active consumer',
  impact: 'The server retains WAL that no consumer reads: the disk fills, or the slot is lost.',
  likelyCauses: ['The standby that uses it is down or disconnected.', 'The standby was removed, but its slot was not dropped.'],
  nextAction:
    "Bring the consumer of {subject} back. Only if it is gone for good: `SELECT pg_drop_replication_slot('{subject}')` on {node}; that standby then needs a new base backup.",
  subject: 'slot',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['slot'],
  cause: slotCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode((sighting, context) => {
    const rates = ratesOf(sighting, context.nowMs);
    return (sighting.live?.slots ?? []).filter(isHolding).flatMap((slot) => {
      const idleMs = inactiveMs(sighting, slot);
      if (idleMs === null || idleMs < SLOT_INACTIVE_MS || isSpare(slot, sighting, context)) return [];
      return [
        {
          severity: 'warning' as const,
          subject: slot.name,
          summary: `Slot ${slot.name} on ${sighting.name} has had no active consumer for ${formatDuration(idleMs)} (limit ${formatDuration(SLOT_INACTIVE_MS)}) and retains ${formatBytes(slot.retainedBytes)} of WAL.`,
          evidence: {
            inactiveFor: { kind: 'durationMs', value: idleMs },
            retained: bytes(slot.retainedBytes),
            ...forecastEvidence(sighting, slot, rates()),
          },
        },
      ];
    });
  }),
};
