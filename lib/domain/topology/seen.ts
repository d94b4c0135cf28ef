/** Whether a node can be asked and told something now. This is not whether it streams. */
import type { NodeState, NodeView } from './model.ts';

const ANSWERS: ReadonlySet<NodeState> = new Set<NodeState>([
  ...(['writable', 'not-writable', 'refusing'] as const),
  ...(['streaming', 'catching-up', 'replay-stalled', 'not-receiving'] as const),
]);

/**
 * The node's agent reported lately that PostgreSQL runs. A standby that has heard nothing from an upstream which is not seen either is
 * in the state `unknown`, because nobody can tell whether it still streams; that is so of every standby for as long as
 * wal_receiver_timeout (a minute by default) after its primary was cut off. It answers all the same, and can be promoted.
 */
export const isSeenRunning = (node: NodeView): boolean =>
  ANSWERS.has(node.state) || (node.state === 'unknown' && node.replication !== null && node.replication.replaying !== null);

/** Anything about the node is known now, be it that its PostgreSQL is stopped. */
export const isSeenNow = (node: NodeView): boolean => node.state !== 'unknown' || isSeenRunning(node);
