/** Says what a plan means for clients: the write outage, what they see, and how it is undone. */
import { formatDuration } from '../../format/duration.ts';
import type { PlanningInput } from '../plan/inputs.ts';
import type { MeasuredSpread, OperationKind, Outlook, Plan } from '../model.ts';
import { median } from './median.ts';

export const holdsClients = (plan: Plan): boolean =>
  plan.steps.some(
    ({ action }) => action.by === 'agent' && (action.command.verb === 'pooler-pause' || action.command.verb === 'pooler-switch'),
  );

export const stopsWrites = (plan: Plan): boolean => plan.steps.some(({ phase }) => phase === 'critical');

/** `kind`: the one whose earlier runs tell how long it takes. */
export function expectedOutage(plan: Plan, { earlier }: PlanningInput, kind: OperationKind): Outlook['outage'] {
  if (!stopsWrites(plan)) return { sentence: 'None: the primary accepts writes throughout.', earlier: null };
  const spread = spreadOf(earlier.filter((run) => run.kind === kind).map(({ writeOutageMs }) => writeOutageMs));
  const limitMs = plan.steps.filter(({ phase }) => phase === 'critical').reduce((sum, { deadlineMs }) => sum + deadlineMs, 0);
  if (spread === null) {
    return {
      sentence: `Not measured yet: no ${kind} of this cluster has been done. The deadlines of its steps end it after ${formatDuration(limitMs)} at the latest.`,
      earlier: null,
    };
  }
  const took =
    spread.runs === 1
      ? 'duration of the one run here'
      : `${spread.runs} runs here took ${formatDuration(spread.minMs)} to ${formatDuration(spread.maxMs)}`;
  return {
    sentence: `About ${formatDuration(spread.medianMs)}: ${took}.`,
    earlier: spread,
  };
}

export function spreadOf(outagesMs: readonly number[]): MeasuredSpread | null {
  const medianMs = median(outagesMs);
  return medianMs === null ? null : { runs: outagesMs.length, minMs: Math.min(...outagesMs), medianMs, maxMs: Math.max(...outagesMs) };
}

/** Of the kinds that stop the primary in order, or touch none. */
export function clientsWait(plan: Plan): string {
  if (!stopsWrites(plan)) return WRITES_GO_ON;
  return holdsClients(plan)
    ? 'Clients of the pooler wait and see no error. Those that connect directly are disconnected and must connect again.'
    : 'Clients are disconnected and must connect again. The agents’ health ports tell a load balancer which node is primary.';
}
export const NOTHING_LOST: Omit<Outlook['loss'], 'sentence'> = { bytes: 0, seconds: 0, measuredAt: null };

export const WRITES_GO_ON = 'Nothing: writes and reads on the primary continue.';

/** Until when it can be cancelled. */
export function cancelledUntil({ steps, pointOfNoReturn }: Plan): string {
  const title = steps.find(({ stage }) => stage === pointOfNoReturn)?.title;
  return title === undefined ? 'Until it ends it can be cancelled.' : `It can be cancelled until “${title}”.`;
}
