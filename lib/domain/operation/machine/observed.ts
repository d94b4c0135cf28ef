/** Judges whether the state that a step waits for is seen. Only observations from after the step began count. */
import type { ClusterView, NodeView } from '../../topology/model.ts';
import type { ObservedCondition } from '../model.ts';

export interface Seen {
  seen: boolean;
  /** The state seen, or the missing one. */
  sentence: string;
}

const yes = (sentence: string): Seen => ({ seen: true, sentence });
const no = (sentence: string): Seen => ({ seen: false, sentence });

/** The nodes whose observations decide it. */
export function observedNodes(condition: ObservedCondition): string[] {
  switch (condition.see) {
    case 'streaming':
      return [condition.standby, condition.upstream];
    case 'synchronous':
      return [condition.primary];
    default:
      return [condition.node];
  }
}

/** `sinceMs`: when the step began, by the controller's clock, to which observations are corrected. */
export function isSeen(condition: ObservedCondition, view: ClusterView, sinceMs: number): Seen {
  switch (condition.see) {
    case 'streaming':
      return seeStreaming(condition.standby, condition.upstream, view, sinceMs);
    case 'writable':
      return withFresh(condition.node, view, sinceMs, (node) =>
        node.state === 'writable'
          ? yes(`${node.name} committed.`)
          : no(`${node.name} is ${node.state}: ${node.stateReason ?? 'no reason is known.'}`),
      );
    case 'not-writable':
      return withFresh(condition.node, view, sinceMs, (node) =>
        node.state === 'unknown' || node.state === 'not-responding' || takesCommits(node)
          ? no(`${node.name} is ${node.state}: it may accept commits.`)
          : yes(`${node.name} is ${node.state}.`),
      );
    case 'synchronous':
      return seeSynchronous(condition.primary, condition.count, view, sinceMs);
    case 'slots-active':
      return seeSlots(condition.node, condition.slots, view, sinceMs);
  }
}

const takesCommits = (node: NodeView): boolean => node.role === 'primary' && ['writable', 'not-writable', 'refusing'].includes(node.state);

function withFresh(name: string, view: ClusterView, sinceMs: number, judge: (node: NodeView) => Seen): Seen {
  const node = view.nodes.find((one) => one.name === name);
  if (node === undefined) return no(`${name} is not in the topology.`);
  return isFresh(node.observedAt, sinceMs) ? judge(node) : no(`${name} was not observed since the step began.`);
}

const isFresh = (observedAt: string | null, sinceMs: number): boolean => observedAt !== null && Date.parse(observedAt) >= sinceMs;

/** Both ends must say so: the standby alone does not know that its upstream is gone. */
function seeStreaming(standby: string, upstream: string, view: ClusterView, sinceMs: number): Seen {
  const link = view.links.find(({ to }) => to === standby);
  if (link === undefined) return no(`${standby} has no upstream in the topology.`);
  if (link.from !== upstream) return no(`${standby} is seen under ${link.from}, not ${upstream}.`);
  if (!isFresh(link.observedAt, sinceMs)) return no(`The stream from ${upstream} to ${standby} was not observed since the step began.`);
  if (link.state !== 'streaming')
    return no(`The stream to ${standby} is ${link.state}${link.stateReason === null ? '.' : `: ${link.stateReason}`}`);
  return withFresh(standby, view, sinceMs, (node) => {
    const source = view.nodes.find(({ name }) => name === upstream);
    if (node.timeline !== null && source?.timeline != null && node.timeline !== source.timeline) {
      return no(`${standby} is on timeline ${node.timeline}, ${upstream} on ${source.timeline}.`);
    }
    return yes(`${standby} streams from ${upstream}${node.timeline === null ? '' : ` on timeline ${node.timeline}`}.`);
  });
}

function seeSynchronous(primary: string, count: number, view: ClusterView, sinceMs: number): Seen {
  return withFresh(primary, view, sinceMs, () => {
    const names = view.links
      .filter(({ from, state, syncState }) => from === primary && state === 'streaming' && (syncState === 'sync' || syncState === 'quorum'))
      .map(({ to }) => to);
    const sentence = `${names.length} of ${count} synchronous standbys acknowledge${names.length === 0 ? '' : `: ${names.join(', ')}`}.`;
    return names.length >= count ? yes(sentence) : no(sentence);
  });
}

function seeSlots(name: string, slots: readonly string[], view: ClusterView, sinceMs: number): Seen {
  return withFresh(name, view, sinceMs, () => {
    const used = view.links
      .filter(({ from, state, slotName }) => from === name && state === 'streaming' && slotName !== null)
      .map(({ slotName }) => slotName);
    const missing = slots.filter((slot) => !used.includes(slot));
    return missing.length === 0
      ? yes(`The slots ${slots.join(', ')} on ${name} are in use.`)
      : no(`No standby streams through ${missing.join(', ')} on ${name} yet.`);
  });
}
