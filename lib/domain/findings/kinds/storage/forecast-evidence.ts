/** Puts the WAL rate and the time that is left into the evidence of a finding. */
import type { ReplicationSlot } from '../../../../agent-contract/observation.ts';
import type { Rates } from '../../../slots/assessment.ts';
import { runwayOf } from '../../../slots/assessment.ts';
import type { Sighting } from '../../../topology/sighting.ts';
import { rate, minutes } from '../../evidence-values.ts';
import type { Evidence } from '../../model.ts';

export function forecastEvidence(sighting: Sighting, slot: ReplicationSlot | null, rates: Rates): Record<string, Evidence> {
  const runway = runwayOf(sighting, slot, rates);
  return {
    walRateNow: rate(rates.present),
    walRateP95: rate(rates.p95),
    untilSlotLostNow: minutes(runway.slotLostAtPresentMinutes),
    untilSlotLostAtP95: minutes(runway.slotLostAtP95Minutes),
    untilDiskFullNow: minutes(runway.diskFullAtPresentMinutes),
    untilDiskFullAtP95: minutes(runway.diskFullAtP95Minutes),
  };
}
