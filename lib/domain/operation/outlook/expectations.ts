/** What a plan means for clients: how long writes wait, what they see, and how it is undone. */
import { formatDuration } from '../../format/duration.ts';
import type { PlanningInput } from '../plan/inputs.ts';
import type { MeasuredSpread, OperationKind, Outlook, Plan } from '../model.ts';
import { median } from './median.ts';

const holdsClients = (plan: Plan): boolean =>
  plan.steps.some(
    ({ action }) => action.by === 'agent' && (action.command.verb === 'pooler-pause' || action.command.verb === 'pooler-switch'),
  );

const stopsWrites = (plan: Plan): boolean => plan.steps.some(({ phase }) => phase === 'critical');

/** A switchover at the end of a reversion costs what a switchover costs. */
const measuredAs = ({ request }: Plan): OperationKind => (request.kind === 'reversion' && request.switchBack ? 'switchover' : request.kind);

export function expectedOutage(plan: Plan, { earlier }: PlanningInput): Outlook['outage'] {
  if (!stopsWrites(plan)) return { sentence: 'None: the primary takes writes all the time.', earlier: null };
  const kind = measuredAs(plan);
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
      ? 'so long took the one run here'
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

export function whatClientsSee(plan: Plan): string {
  if (!stopsWrites(plan)) {
    const reads = plan.request.kind === 'restart' ? ' Readers on this standby are disconnected.' : '';
    return `Nothing: writes and reads on the primary go on.${reads}`;
  }
  if (plan.request.kind === 'failover') {
    return holdsClients(plan)
      ? 'Open transactions fail. Clients of the pooler get errors or wait until it points at the new primary; those that connect directly must connect again.'
      : 'Open transactions fail, and clients must connect again. The agents’ health ports tell a load balancer which node is primary.';
  }
  return holdsClients(plan)
    ? 'Clients of the pooler wait and see no error. Those that connect directly are disconnected and must connect again.'
    : 'Clients are disconnected and must connect again. The agents’ health ports tell a load balancer which node is primary.';
}

export function undoSentence(plan: Plan): string {
  const { request, pointOfNoReturn } = plan;
  const title = plan.steps.find(({ stage }) => stage === pointOfNoReturn)?.title;
  const until = title === undefined ? 'Until it ends it can be cancelled.' : `It can be cancelled until “${title}”.`;
  switch (request.kind) {
    case 'switchover':
      return `${until} After that, a switchover back to ${plan.before.primary ?? 'the old primary'} undoes it.`;
    case 'failover':
      return `${until} After that it can not be undone; a reversion brings the old primary back.`;
    case 'reversion':
      return request.method === 'keep'
        ? `${until} ${request.target} stays down until it is reverted.`
        : `${until} A directory that is being replaced can not be brought back; it is never started half done.`;
    case 'add-standby':
      return `${until} What was copied stays on ${request.target}, marked as unusable.`;
    case 're-parent':
      return `${until} After that, re-parent it back to ${plan.before.nodes.find(({ name }) => name === request.target)?.upstream ?? 'its old upstream'}.`;
    case 'drop-slot':
      return 'It can not be undone: the WAL that the slot kept may be removed at the next checkpoint.';
    case 'restart':
      return `${until} A restart leaves nothing to undo.`;
    case 'reload':
      return 'Change the configuration back and reload again.';
  }
}
