/** Judges whether a node can be queried and commanded now. This is not whether it streams. */
import type { NodeState, NodeView } from './model.ts';

const ANSWERS: ReadonlySet<NodeState> = new Set<NodeState>([
  ...(['writable', 'not-writable', 'refusing'] as const),
  ...(['streaming', 'catching-up', 'replay-stalled', 'not-receiving'] as const),
]);

/**
 * Its agent reported recently that PostgreSQL runs. A standby in state `unknown` counts too: until wal_receiver_timeout nobody can tell
 * whether it still streams, but it answers and can be promoted.
 */
export const isSeenRunning = (node: NodeView): boolean =>
  ANSWERS.has(node.state) || (node.state === 'unknown' && node.replication !== null && node.replication.replaying !== null);

/** Anything about the node is known now, be it that its PostgreSQL is stopped. */
export const isSeenNow = (node: NodeView): boolean => node.state !== 'unknown' || isSeenRunning(node);
