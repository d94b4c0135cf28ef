/** Measures what a failover may cost in data now, and lists the risks to acknowledge by name. */
import { formatBoundSeconds } from '../../format/duration.ts';
import { formatBytes } from '../../format/quantity.ts';
import { lsnDifferenceBytes, parseLsnOrNull } from '../../postgres/lsn.ts';
import { ageOf, rehearse } from '../checks/checks-of-failover.ts';
import type { PlanningInput } from '../plan/inputs.ts';
import type { Outlook, PlanOf } from '../model.ts';
import { pictureOf } from '../plan/planning-topology.ts';
import type { Risk } from '../risks.ts';
import { oldPrimaryOf, quorumOf, standbysLeftOut, standbysSeen } from '../plan/plan-failover.ts';

type Loss = Outlook['loss'];

export function failoverLoss(plan: PlanOf<'failover'>, input: PlanningInput): Loss {
  const picture = pictureOf(input);
  const choice = rehearse(plan, input);
  const old = picture === null ? 'the old primary' : oldPrimaryOf(picture);
  const last = input.view.lastPrimary ?? null;
  const [written, held] = [parseLsnOrNull(last?.lsn), parseLsnOrNull(choice.lsn)];
  if (picture !== null && quorumOf(picture, standbysSeen(picture, old)) !== null) {
    const sentence = `No row whose commit waited for a synchronous standby is lost: of the standbys that report, one has each of them.`;
    return { sentence, bytes: 0, seconds: 0, measuredAt: last?.observedAt ?? null };
  }
  if (choice.chosen === null || last === null || written === null || held === null) {
    return {
      sentence: `The possible data loss is unknown: ${unknownBecause(choice.chosen, old)}`,
      bytes: null,
      seconds: null,
      measuredAt: last?.observedAt ?? null,
    };
  }
  const bytes = Math.max(0, lsnDifferenceBytes(written, held));
  const seconds = secondsOf(input, choice.chosen, bytes);
  const age = ageOf(last.observedAt, input.nowMs);
  const time = seconds === null ? '' : ` (${seconds === 0 ? 'no lag' : `up to ${formatBoundSeconds(seconds)}`})`;
  const sentence = `${choice.chosen} lacks ${formatBytes(bytes)}${time} of what ${last.name} had written when it was seen last, ${age}. What it wrote after that is lost too, and unknown.`;
  return { sentence, bytes, seconds, measuredAt: last.observedAt };
}

const unknownBecause = (chosen: string | null, old: string): string =>
  chosen === null ? 'no standby could take over now.' : `no WAL position of ${old} was ever seen.`;

/** From the lag as it was measured while the primary was still seen; level means nothing was missing. */
function secondsOf(input: PlanningInput, chosen: string, bytes: number): number | null {
  if (bytes === 0) return 0;
  return input.view.nodes.find(({ name }) => name === chosen)?.lag.seconds ?? null;
}

/** The same for the same plan, so that what was acknowledged can be compared; figures stand in `loss`. */
export function failoverRisks({ request }: PlanOf<'failover'>, input: PlanningInput): Risk[] {
  const picture = pictureOf(input);
  if (picture === null) return [];
  const old = oldPrimaryOf(picture);
  const isSafe = quorumOf(picture, standbysSeen(picture, old)) !== null;
  const lost: Omit<Risk, 'values'> = isSafe
    ? { code: 'unacknowledged-writes-lost', sentence: `What was written on ${old} and no synchronous standby acknowledged is lost.` }
    : { code: 'rows-lost', sentence: `Rows that ${old} acknowledged and no standby has received are lost.` };
  const unproven: Omit<Risk, 'values'> = { code: 'fence-unproven', sentence: `${old} is off: I state it, and Farshore has no proof.` };
  return [
    { ...lost, values: { node: old } },
    ...standbysLeftOut(picture, old).map(({ name }): Risk => {
      return {
        code: 'standby-left-out',
        values: { node: name },
        sentence: `${name} is left out: rows that only it has received are lost.`,
      };
    }),
    ...(request.fence === 'override' ? [{ ...unproven, values: { node: old } }] : []),
  ];
}
