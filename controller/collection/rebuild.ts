/** Fills the live state from the database: at start, when leadership is gained, and for nodes that report to another controller. */
import type pg from 'pg';
import { HISTORY_SECONDS, WAL_RATE_BUCKETS_MAX, WAL_RATE_BUCKET_SECONDS } from '../../lib/domain/topology/inputs.ts';
import { loadHistory, loadWalRates } from '../../lib/db/samples/live-history.ts';
import { loadNodeLatest, type StoredNodeLatest } from '../../lib/db/samples/samples.ts';
import type { LiveState } from './live-state.ts';

/** Everything that the evaluator needs of the past. What is in memory already stays. */
export async function rebuildLiveState(pool: pg.Pool, live: LiveState, nowMs: number): Promise<void> {
  const historyFromMs = nowMs - HISTORY_SECONDS * 1000;
  const ratesFromMs = nowMs - WAL_RATE_BUCKETS_MAX * WAL_RATE_BUCKET_SECONDS * 1000;
  for (const rate of await loadWalRates(pool, ratesFromMs, historyFromMs)) {
    live.node(rate.nodeId).addWalRate(rate.atMs, rate.bytesPerSecond, rate.samples);
  }
  for (const point of await loadHistory(pool, historyFromMs)) live.node(point.nodeId).addPoint(point);
  addLatest(live, await loadNodeLatest(pool, null));
}

/** The latest reports of these nodes, which another controller took in. */
export async function readForeignReports(pool: pg.Pool, live: LiveState, nodeIds: readonly number[]): Promise<void> {
  if (nodeIds.length > 0) addLatest(live, await loadNodeLatest(pool, nodeIds));
}

function addLatest(live: LiveState, reports: readonly StoredNodeLatest[]): void {
  for (const { nodeId, observation, observedAtMs, receivedAtMs, agentVersion, facts } of reports) {
    const node = live.node(nodeId);
    node.addReport({ observation, observedAtMs, receivedAtMs, agentVersion });
    if (facts !== null) node.addFacts(facts);
  }
}
