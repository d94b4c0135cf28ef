/** Says in one plain sentence how a cluster is. */
import { formatBoundSeconds, formatDuration } from '../format/duration.ts';
import { shownBoundSeconds } from '../lag/bound-peak.ts';
import { ageMs } from '../time/age.ts';
import { ageClusterView, isViewCurrent } from './age.ts';
import type { ClusterView, NodeView } from './model.ts';
import { isSeenNow } from './seen.ts';

/** True of every cluster: a recovery counts as proven by a drill, and this version has none. */
const RECOVERY_UNPROVEN = 'no drill has tested its recovery';

export function clusterSentence(stored: ClusterView, nowMs: number): string {
  const view = ageClusterView(stored, nowMs);
  if (view.nodes.length === 0) return `${view.name} has no nodes.`;
  if (view.nodes.every((node) => node.observedAt === null)) return `The state of ${view.name} is unknown: no agent has reported yet.`;
  if (!isViewCurrent(view.computedAt, nowMs)) {
    const age = ageMs(view.computedAt, nowMs);
    const looked = age === null ? 'dates its last look in the future' : `last looked ${formatDuration(age)} ago`;
    return `The state of ${view.name} is unknown: Farshore’s controller ${looked}.`;
  }
  const overriding = view.findings.find(({ clusterSentence }) => clusterSentence !== null)?.clusterSentence ?? null;
  if (overriding !== null) return overriding.replaceAll('{cluster}', view.name);
  if (!view.nodes.some(isSeenNow)) return `The state of ${view.name} is unknown: none of its nodes is seen now.`;
  const primary = view.nodes.find((node) => node.name === view.primary);
  if (primary === undefined) return `${view.name} has no primary: it accepts no writes. ${standbysLeft(view)}`;
  if (primary.state !== 'writable') return `${troubleOf(primary)} ${standbysLeft(view)}`;
  return `${ifPrimaryDied(view, primary)}; ${RECOVERY_UNPROVEN}.`;
}

function ifPrimaryDied(view: ClusterView, primary: NodeView): string {
  const { rpo } = view;
  const opening = `If ${primary.name} died now,`;
  if (view.nodes.length === 1) return `${opening} nothing could take over: it has no standby`;
  switch (rpo.state) {
    case 'guaranteed-zero':
      return `${opening} ${rpo.bestStandby ?? 'a standby'} could take over with no acknowledged commit missing`;
    case 'best-effort':
      return `${opening} ${rpo.bestStandby ?? 'a standby'} could take over with at most ${formatBoundSeconds(shownBoundSeconds(rpo))} of data missing`;
    case 'unknown':
      return `${opening} the possible data loss is unknown`;
  }
}

function troubleOf(primary: NodeView): string {
  if (primary.state === 'unknown') {
    return `Whether the primary ${primary.name} accepts writes is unknown. ${primary.stateReason ?? ''}`.trim();
  }
  if (primary.state === 'not-responding') return `The primary ${primary.name} does not respond: writes fail or hang.`;
  if (primary.state === 'refusing') return `The primary ${primary.name} is alive, but refuses connections.`;
  return `The primary ${primary.name} does not accept writes.`;
}

function standbysLeft(view: ClusterView): string {
  const count = view.nodes.filter((node) => node.role === 'standby' && isSeenNow(node) && node.state !== 'stopped').length;
  if (count === 0) return 'No standby is seen that could take over.';
  return `${count === 1 ? 'One standby is' : `${count} standbys are`} seen; ${RECOVERY_UNPROVEN}.`;
}
