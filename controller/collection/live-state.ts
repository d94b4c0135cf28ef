/**
 * Keeps each node's latest report, three minutes of positions and an hour of WAL rates in memory. Only durable samples get here, so that
 * memory never knows more than the database; a new leader rebuilds it.
 */
import type { NodeFacts } from '../../lib/agent-contract/facts.ts';
import type { Observation } from '../../lib/agent-contract/observation.ts';
import { parseLsn } from '../../lib/domain/postgres/lsn.ts';
import {
  HISTORY_SECONDS,
  WAL_RATE_BUCKETS_MAX,
  WAL_RATE_BUCKET_SECONDS,
  type HistoryPoint,
  type NodeInput,
} from '../../lib/domain/topology/inputs.ts';

export type LatestReport = NonNullable<NodeInput['latest']>;

export class NodeLive {
  latest: LatestReport | null = null;
  facts: NodeFacts | null = null;
  /** Oldest first. */
  readonly history: HistoryPoint[] = [];
  /** Mean WAL bytes per second of each 10 s, oldest first; buckets without a sample are left out. */
  readonly walRateBuckets: number[] = [];
  readonly #bucketIds: number[] = [];
  readonly #bucketCounts: number[] = [];

  /**
   * Takes over a durable report. Which is the latest, its agent's sequence says and no clock; back-filled ones take their place in the
   * history without replacing it.
   */
  addReport(report: LatestReport): void {
    const isLatest = this.latest === null || report.observation.sequence >= this.latest.observation.sequence;
    if (isLatest) this.latest = report;
    const point = historyPoint(report.observation, report.observedAtMs);
    if (isLatest) this.#forgetAfter(point.atMs);
    this.addPoint(point);
  }

  /** Nothing is later than the latest report: what is dated so was dated before a clock was put back. */
  #forgetAfter(atMs: number): void {
    while ((this.history.at(-1)?.atMs ?? atMs) > atMs) this.history.pop();
    const id = bucketIdOf(atMs);
    while ((this.#bucketIds.at(-1) ?? id) > id) {
      this.#bucketIds.pop();
      this.#bucketCounts.pop();
      this.walRateBuckets.pop();
    }
  }

  /** Puts one point where it belongs in time; a point at a moment that is already there is the same sample again. */
  addPoint(point: HistoryPoint): void {
    const place = insertionIndex(this.history, point.atMs);
    if (this.history[place - 1]?.atMs === point.atMs) return;
    if (point.walBytesPerSecond !== null) this.addWalRate(point.atMs, point.walBytesPerSecond, 1);
    const newestMs = Math.max(point.atMs, this.history.at(-1)?.atMs ?? 0);
    const oldestKeptMs = newestMs - HISTORY_SECONDS * 1000;
    if (point.atMs < oldestKeptMs) return;
    this.history.splice(place, 0, point);
    while (this.history[0] !== undefined && this.history[0].atMs < oldestKeptMs) this.history.shift();
    // A node that ticks faster than once a second must not cost more than others.
    while (this.history.length > HISTORY_SECONDS * 2) this.history.shift();
  }

  /** An agent sends one message after the other: the last facts are the newest, even if a clock says otherwise. */
  addFacts(facts: NodeFacts): void {
    this.facts = facts;
  }

  /** Adds `count` samples of a mean rate to the bucket of that moment. */
  addWalRate(atMs: number, bytesPerSecond: number, count: number): void {
    const id = bucketIdOf(atMs);
    let place = this.#bucketIds.length;
    while (place > 0 && (this.#bucketIds[place - 1] ?? 0) > id) place -= 1;
    if (this.#bucketIds[place - 1] === id) {
      const before = this.#bucketCounts[place - 1] ?? 0;
      const mean = this.walRateBuckets[place - 1] ?? 0;
      this.walRateBuckets[place - 1] = (mean * before + bytesPerSecond * count) / (before + count);
      this.#bucketCounts[place - 1] = before + count;
      return;
    }
    this.#bucketIds.splice(place, 0, id);
    this.#bucketCounts.splice(place, 0, count);
    this.walRateBuckets.splice(place, 0, bytesPerSecond);
    const oldestId = (this.#bucketIds.at(-1) ?? id) - WAL_RATE_BUCKETS_MAX;
    while (this.#bucketIds[0] !== undefined && this.#bucketIds[0] <= oldestId) {
      this.#bucketIds.shift();
      this.#bucketCounts.shift();
      this.walRateBuckets.shift();
    }
  }
}

/** All nodes' live state by node id. */
export class LiveState {
  readonly #nodes = new Map<number, NodeLive>();

  node(nodeId: number): NodeLive {
    let live = this.#nodes.get(nodeId);
    if (live === undefined) {
      live = new NodeLive();
      this.#nodes.set(nodeId, live);
    }
    return live;
  }

  /** Forgets everything: what a controller does before it rebuilds from the database, and for nodes that were retired. */
  clear(): void {
    this.#nodes.clear();
  }

  retain(nodeIds: ReadonlySet<number>): void {
    for (const id of this.#nodes.keys()) if (!nodeIds.has(id)) this.#nodes.delete(id);
  }
}

/** A report reduced to what trends and lag need. */
export function historyPoint(observation: Observation, atMs: number): HistoryPoint {
  const { postgres, volumes } = observation;
  const volume = (purpose: 'data' | 'wal') => volumes.find((found) => found.purpose === purpose)?.freeBytes ?? null;
  return {
    atMs,
    flushLsn: lsn(postgres?.flushLsn),
    receiveLsn: lsn(postgres?.receiveLsn),
    replayLsn: lsn(postgres?.replayLsn),
    walBytesPerSecond: postgres?.walBytesPerSecond ?? null,
    walFreeBytes: volume('wal'),
    dataFreeBytes: volume('data'),
    archivedCount: postgres?.archiver.archivedCount ?? null,
    archiveFailedCount: postgres?.archiver.failedCount ?? null,
  };
}

export function lsn(text: string | null | undefined): bigint | null {
  return text == null ? null : parseLsn(text);
}

const bucketIdOf = (atMs: number): number => Math.floor(atMs / (WAL_RATE_BUCKET_SECONDS * 1000));

/** Index after the last point at or before `atMs`; looked for from the end, where new points belong. */
function insertionIndex(history: readonly HistoryPoint[], atMs: number): number {
  let place = history.length;
  while (place > 0 && (history[place - 1]?.atMs ?? 0) > atMs) place -= 1;
  return place;
}
