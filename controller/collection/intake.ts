/** From a checked message to durable rows: corrects its times, drops what can't be kept, and waits for the commit. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { ObservationBatch } from '../../lib/agent-contract/messages.ts';
import type { Observation } from '../../lib/agent-contract/observation.ts';
import { notifyIngest } from '../../lib/db/ground/channels.ts';
import { inTransaction } from '../../lib/db/ground/pool.ts';
import {
  storeNodeFacts,
  storeNodeLatest,
  storeSamples,
  type NodeFactsRow,
  type NodeLatestRow,
  type SampleRow,
} from '../../lib/db/samples/samples.ts';
import type { KnownNode } from '../fleet-directory.ts';
import { clockCorrectionMs, reasonToDrop } from './clock.ts';
import { IngestQueue, type QueuedBatch } from './ingest-queue.ts';
import type { LiveState } from './live-state.ts';
import { sampleRow } from './sample-row.ts';

/** One message of one node, ready to be written. */
export interface NodeBatch extends QueuedBatch {
  nodeId: number;
  clusterId: number;
  rows: readonly SampleRow[];
  reports: readonly { observation: Observation; observedAtMs: number }[];
  latest: NodeLatestRow | null;
  facts: NodeFactsRow | null;
  receivedAtMs: number;
  agentVersion: string;
}

export interface DropCounters {
  olderThanRetention: number;
  inTheFuture: number;
}

export interface IntakeOptions {
  pool: pg.Pool;
  live: LiveState;
  rawRetentionMs: number;
  /** Called after each commit with the clusters that have news. */
  onNews: (clusterIds: ReadonlySet<number>) => void;
  log: Logger;
}

/** Takes in messages of all nodes. Many wait together for one transaction (see IngestQueue). */
export class Intake {
  readonly queue: IngestQueue<NodeBatch>;
  readonly dropped: DropCounters = { olderThanRetention: 0, inTheFuture: 0 };
  readonly #options: IntakeOptions;
  readonly #heardAtMs = new Map<number, number>();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.queue = new IngestQueue<NodeBatch>({
      persist: (batches) => persistBatches(options.pool, batches),
      onDurable: (batches) => this.#afterCommit(batches),
      log: options.log,
    });
  }

  /** True if this controller received something of that node in the last `withinMs`; if not, another one may have. */
  heardHere(nodeId: number, withinMs: number): boolean {
    return performance.now() - (this.#heardAtMs.get(nodeId) ?? Number.NEGATIVE_INFINITY) < withinMs;
  }

  /**
   * Resolves when the message is durable, with the sequence through which the agent may forget. An agent whose counter went back (a lost or
   * restored state directory) is told the number that it must pass.
   */
  async accept({ node, cluster }: KnownNode, message: ObservationBatch, receivedAtMs: number): Promise<number | null> {
    const known = this.#options.live.node(node.id).latest?.observation.sequence ?? 0;
    const batch = this.#toBatch(node.id, cluster.id, message, receivedAtMs);
    if (batch.sampleCount > 0 || batch.facts !== null) await this.queue.submit(batch);
    const sent = message.samples.at(-1)?.sequence ?? null;
    return sent === null ? null : Math.max(sent, known);
  }

  #toBatch(nodeId: number, clusterId: number, message: ObservationBatch, receivedAtMs: number): NodeBatch {
    const sentAtMs = Date.parse(message.sentAt);
    const reports: { observation: Observation; observedAtMs: number }[] = [];
    for (const observation of message.samples) {
      const takenAtMs = Date.parse(observation.observedAt);
      const observedAtMs = takenAtMs + clockCorrectionMs(observation.clock, takenAtMs, sentAtMs, receivedAtMs);
      const reason = reasonToDrop(observedAtMs, receivedAtMs, this.#options.rawRetentionMs);
      if (reason === null) reports.push({ observation, observedAtMs });
      else this.#countDrop(nodeId, reason, observedAtMs);
    }
    const newest = reports.at(-1);
    const clock = message.samples.at(-1)?.clock ?? { offsetMs: null, uncertaintyMs: null };
    const { facts, agentVersion } = message;
    const factsTakenAtMs = facts === null ? receivedAtMs : Date.parse(facts.observedAt);
    return {
      nodeId,
      clusterId,
      sampleCount: reports.length,
      rows: reports.map(({ observation, observedAtMs }) => sampleRow(observation, { nodeId, observedAtMs, receivedAtMs })),
      reports,
      latest:
        newest === undefined
          ? null
          : {
              nodeId,
              observedAtMs: newest.observedAtMs,
              receivedAtMs,
              sequence: newest.observation.sequence,
              agentVersion,
              observation: newest.observation,
            },
      facts:
        facts === null
          ? null
          : { nodeId, factsAtMs: factsTakenAtMs + clockCorrectionMs(clock, factsTakenAtMs, sentAtMs, receivedAtMs), facts },
      receivedAtMs,
      agentVersion,
    };
  }

  #countDrop(nodeId: number, reason: 'older-than-retention' | 'in-the-future', observedAtMs: number): void {
    const key = reason === 'in-the-future' ? 'inTheFuture' : 'olderThanRetention';
    this.dropped[key] += 1;
    // One line for the first and then for each thousand: a node with a broken clock sends one a second.
    if (this.dropped[key] % 1000 === 1) {
      this.#options.log.warn(
        { nodeId, reason, observedAt: new Date(observedAtMs).toISOString(), dropped: this.dropped[key] },
        'samples were accepted and not kept: their time is outside of what is stored',
      );
    }
  }

  #afterCommit(batches: readonly NodeBatch[]): void {
    for (const { nodeId, reports, receivedAtMs, agentVersion, facts } of batches) {
      const live = this.#options.live.node(nodeId);
      this.#heardAtMs.set(nodeId, performance.now());
      for (const { observation, observedAtMs } of reports) live.addReport({ observation, observedAtMs, receivedAtMs, agentVersion });
      if (facts !== null) live.addFacts(facts.facts);
    }
    this.#options.onNews(new Set(batches.map(({ clusterId }) => clusterId)));
  }
}

/** One transaction for all: rows, latest reports, facts, and the notice that another controller may be waiting for. */
async function persistBatches(pool: pg.Pool, batches: readonly NodeBatch[]): Promise<void> {
  await inTransaction(pool, async (client) => {
    await storeSamples(
      client,
      batches.flatMap(({ rows }) => rows),
    );
    await storeNodeLatest(
      client,
      batches.flatMap(({ latest }) => latest ?? []),
    );
    await storeNodeFacts(
      client,
      batches.flatMap(({ facts }) => facts ?? []),
    );
    await notifyIngest(
      client,
      batches.map(({ clusterId }) => clusterId),
    );
  });
}
