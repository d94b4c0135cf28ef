/**
 * Ages a stored view: when the controller or a node went silent since, its states are not "as before" but unknown. Pure, so that the
 * browser can age its copy each second while its stream is down.
 */
import { formatAgo, formatDuration } from '../format/duration.ts';
import type { ClusterView, Lag, LinkView, NodeView, Rpo } from './model.ts';
import { ageMs, isYoungerThan } from '../time/age.ts';
import { isSeenNow } from './seen.ts';

/**
 * Older than this, a view or a node in it is not "now" any more. The controller marks a node unknown after 5 s; twice that allows for the
 * network and for clocks that differ a little.
 */
export const VIEW_STALE_MS = 10_000;

/** A view dated in the future is not current: its age is unknown. */
export const isViewCurrent = (computedAt: string | null, nowMs: number): boolean => isYoungerThan(computedAt, VIEW_STALE_MS, nowMs);

/** Why a view that is not current says nothing about now, as a sentence. */
export function whyNotCurrent(computedAt: string, nowMs: number): string {
  const age = ageMs(computedAt, nowMs);
  return age === null
    ? 'The controller’s data is dated in the future: its clock and this one differ, so its age is unknown.'
    : `Farshore’s controller has not renewed this view for ${formatDuration(age)}.`;
}

/** The view as far as it still holds at `nowMs`. Returns the same object when nothing in it has become too old. */
export function ageClusterView(view: ClusterView, nowMs: number): ClusterView {
  const staleNames = new Set(
    view.nodes.filter((node) => isSeenNow(node) && !isViewCurrent(node.observedAt ?? view.computedAt, nowMs)).map((node) => node.name),
  );
  const viewIsStale = !isViewCurrent(view.computedAt, nowMs);
  if (staleNames.size === 0 && !viewIsStale) return view;
  const reasonFor = (observedAt: string | null) =>
    viewIsStale ? whyNotCurrent(view.computedAt, nowMs) : `Last seen ${observedAt === null ? 'never' : formatAgo(observedAt, nowMs)}.`;
  return {
    ...view,
    nodes: view.nodes.map((node) => (viewIsStale || staleNames.has(node.name) ? ageNode(node, reasonFor(node.observedAt)) : node)),
    links: view.links.map((link) =>
      viewIsStale || staleNames.has(link.from) || staleNames.has(link.to) ? ageLink(link, reasonFor(link.observedAt)) : link,
    ),
    rpo:
      viewIsStale || rpoRestsOn(view, staleNames)
        ? ageRpo(view.rpo, reasonFor(view.computedAt), staleSinceMs(view, staleNames, viewIsStale))
        : view.rpo,
  };
}

function rpoRestsOn(view: ClusterView, staleNames: ReadonlySet<string>): boolean {
  return [view.primary, view.rpo.bestStandby].some((name) => name !== null && staleNames.has(name));
}

/** A lag about which nothing is known, and why. */
export function unknownLag(reason: string | null, ages: Partial<Pick<Lag, 'primaryObservedAt' | 'standbyObservedAt'>> = {}): Lag {
  return {
    transportBytes: null,
    applyBytes: null,
    totalBytes: null,
    seconds: null,
    primaryObservedAt: ages.primaryObservedAt ?? null,
    standbyObservedAt: ages.standbyObservedAt ?? null,
    reason,
  };
}

function ageNode(node: NodeView, reason: string): NodeView {
  if (!isSeenNow(node) && node.lag.totalBytes === null) return node;
  return {
    ...node,
    state: 'unknown',
    stateReason: reason,
    lag: unknownLag(reason, node.lag),
    replication: node.replication === null ? null : { receiving: null, replaying: null },
    commitMs: null,
    walBytesPerSecond: null,
    connections: null,
    clockOffsetMs: null,
  };
}

function ageLink(link: LinkView, reason: string): LinkView {
  return {
    ...link,
    state: 'unknown',
    stateReason: reason,
    syncState: null,
    transportBytes: null,
    applyBytes: null,
    writeLagMs: null,
    replayLagMs: null,
    walBytesPerSecond: null,
  };
}

/** The moment when an input of the RPO became too old: fixed, so that "since" does not move with the clock. */
function staleSinceMs(view: ClusterView, staleNames: ReadonlySet<string>, viewIsStale: boolean): number {
  const seen = view.nodes.filter((node) => staleNames.has(node.name) && [view.primary, view.rpo.bestStandby].includes(node.name));
  const lastMs = [...seen.map((node) => node.observedAt), viewIsStale ? view.computedAt : null].map((at) =>
    Date.parse(at ?? view.computedAt),
  );
  return Math.min(...lastMs) + VIEW_STALE_MS;
}

function ageRpo(rpo: Rpo, reason: string, sinceMs: number): Rpo {
  if (rpo.state === 'unknown') return rpo;
  return {
    state: 'unknown',
    boundSeconds: null,
    boundBytes: null,
    bestStandby: rpo.bestStandby,
    reason,
    since: Number.isFinite(sinceMs) ? new Date(sinceMs).toISOString() : rpo.since,
  };
}
