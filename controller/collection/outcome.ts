/** Writes what evaluations concluded: views, findings, RPO periods and leadership, all in one transaction with its notice. */
import type pg from 'pg';
import type { Logger } from 'pino';
import { OutdatedLeader, currentLeaderEpoch } from '../../lib/db/ground/leader-epoch.ts';
import { notifyLive } from '../../lib/db/ground/channels.ts';
import { loadClusterViews, storeClusterViews } from '../../lib/db/samples/cluster-latest.ts';
import { loadOpenFindings, openFindings, resolveFindings, updateFindings, type StoredFinding } from '../../lib/db/records/findings.ts';
import { learnSystemIdentifier } from '../../lib/db/fleet/fleet.ts';
import { adoptLeadership } from '../../lib/db/operations/leadership.ts';
import { loadLastNodeEvents, recordNodeEvents, type NodeEventRecord } from '../../lib/db/fleet/node-event-log.ts';
import { inTransaction, type Queryable } from '../../lib/db/ground/pool.ts';
import { recordInterruption, recordRpo, type RpoSighting } from '../../lib/db/samples/rpo-periods.ts';
import { adviceFor } from '../../lib/domain/findings/catalogue.ts';
import { findingStateFrom } from '../../lib/domain/findings/hysteresis.ts';
import type { Finding } from '../../lib/domain/findings/model.ts';
import type { Rpo } from '../../lib/domain/topology/model.ts';
import { nodeChangesFrom } from '../../lib/domain/topology/node-changes.ts';
import type { ClusterMemory } from './evaluate-cluster.ts';
import type { EvaluatedCluster } from './evaluator.ts';

/** The figures of an open finding change each second; its record follows at most this often, and at once with its severity. */
const FINDING_RECORD_EVERY_MS = 10_000;

export class OutcomeWriter {
  readonly #pool: pg.Pool;
  readonly #leaderEpoch: number;
  /** Grows with each write, so that two of them are never mistaken for each other. */
  #counter = 0;
  readonly #log: Logger;
  /** By the monotonic clock. */
  readonly #findingRecordedAtMs = new Map<string, number>();
  /** Largest bound on record of each cluster's open RPO period. */
  readonly #rpoOnRecord = new Map<number, { state: Rpo['state']; boundSeconds: number }>();

  constructor(pool: pg.Pool, leaderEpoch: number, log: Logger) {
    this.#pool = pool;
    this.#leaderEpoch = leaderEpoch;
    this.#log = log;
  }

  /**
   * All or nothing. @returns the written ones: not a cluster whose leadership another writer changed since. @throws OutdatedLeader when
   * another controller leads by now; then nothing was written.
   */
  async write(evaluated: readonly EvaluatedCluster[], nowMs: number): Promise<readonly EvaluatedCluster[]> {
    const refreshed = evaluated.flatMap((one) => this.#findingsToRecord(one));
    const rpo = evaluated.flatMap((one) => this.#rpoToRecord(one, nowMs));
    const order = { leaderEpoch: this.#leaderEpoch, counter: (this.#counter += 1) };
    const written = await inTransaction(this.#pool, async (client) => {
      const epoch = await currentLeaderEpoch(client);
      if (epoch !== order.leaderEpoch) throw outdated(`Leadership ${epoch} has begun; this is ${order.leaderEpoch}.`);
      const current = await this.#changeLeaderships(client, evaluated);
      const ids = new Set(current.map(({ cluster }) => cluster.id));
      await openFindings(
        client,
        current.flatMap(({ cluster, evaluation }) => evaluation.opened.map((finding) => stored(cluster.id, finding))),
      );
      await updateFindings(
        client,
        refreshed.filter(({ clusterId }) => ids.has(clusterId)),
      );
      await resolveFindings(
        client,
        current.flatMap(({ evaluation }) => evaluation.resolved.map(({ id }) => id)),
        new Date(nowMs),
      );
      await recordRpo(
        client,
        rpo.filter(({ clusterId }) => ids.has(clusterId)),
      );
      await recordNodeEvents(client, current.flatMap(nodeEventsToRecord));
      for (const { cluster, evaluation } of current) {
        if (evaluation.systemIdentifier !== null) await learnSystemIdentifier(client, cluster.id, evaluation.systemIdentifier);
      }
      const views = current.map(({ cluster, evaluation: { view, boards } }) => ({ clusterId: cluster.id, view, boards }));
      const newerThere = await storeClusterViews(client, views, order);
      if (newerThere.length > 0) throw outdated(`Newer views are stored than those of leadership ${order.leaderEpoch}.`);
      await notifyLive(
        client,
        current.map(({ cluster }) => cluster.slug),
      );
      return current;
    });
    for (const { id } of refreshed) this.#findingRecordedAtMs.set(id, performance.now());
    for (const { clusterId, state, boundSeconds } of rpo) this.#rpoOnRecord.set(clusterId, { state, boundSeconds: boundSeconds ?? -1 });
    for (const one of written) this.#tell(one);
    return written;
  }

  async #changeLeaderships(client: Queryable, evaluated: readonly EvaluatedCluster[]): Promise<EvaluatedCluster[]> {
    const current: EvaluatedCluster[] = [];
    for (const one of evaluated) {
      const { leadershipChange } = one.evaluation;
      if (leadershipChange === null) {
        current.push(one);
        continue;
      }
      const { holder, timeline, since, source } = leadershipChange.leadership;
      const expectedTerm = one.before.leadership?.term ?? null;
      const about = { clusterId: one.cluster.id, cluster: one.cluster.slug };
      const conclusion = { ...about, expectedTerm, holder, timeline, sinceMs: Date.parse(since), source };
      if (await adoptLeadership(client, conclusion)) current.push(one);
    }
    return current;
  }

  #findingsToRecord({ cluster, evaluation, before }: EvaluatedCluster): StoredFinding[] {
    const severityBefore = new Map(before.openFindings.map(({ id, severity }) => [id, severity]));
    const isNew = new Set(evaluation.opened.map(({ id }) => id));
    for (const { id } of evaluation.resolved) this.#findingRecordedAtMs.delete(id);
    return evaluation.memory.openFindings
      .filter(({ id, severity }) => {
        if (isNew.has(id)) return false;
        return (
          severityBefore.get(id) !== severity ||
          performance.now() - (this.#findingRecordedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) >= FINDING_RECORD_EVERY_MS
        );
      })
      .map((finding) => stored(cluster.id, finding));
  }

  /** On a change of state, and when the bound grows beyond what is on record, so that no maximum is lost. */
  #rpoToRecord({ cluster, evaluation }: EvaluatedCluster, nowMs: number): RpoSighting[] {
    const { state, boundSeconds, reason } = evaluation.view.rpo;
    const recorded = this.#rpoOnRecord.get(cluster.id);
    if (recorded !== undefined && recorded.state === state && (boundSeconds ?? -1) <= recorded.boundSeconds) return [];
    return [{ clusterId: cluster.id, state, boundSeconds, reason, atMs: nowMs }];
  }

  #tell({ cluster, evaluation }: EvaluatedCluster): void {
    const about = { cluster: cluster.slug };
    for (const { code, severity, nodeName, subject, summary } of evaluation.opened) {
      this.#log.warn({ ...about, code, severity, node: nodeName, subject, summary }, 'a finding opened');
    }
    for (const { code, nodeName, subject } of evaluation.resolved)
      this.#log.info({ ...about, code, node: nodeName, subject }, 'a finding was resolved');
    if (evaluation.leadershipChange !== null) {
      const { term, holder, source } = evaluation.leadershipChange.leadership;
      this.#log.warn({ ...about, term, holder, source }, 'the leadership of a cluster changed');
    }
  }
}

const outdated = (reason: string): OutdatedLeader => new OutdatedLeader(`${reason} Nothing was written.`);

/** Open findings and the RPO as the last leader left them. */
export async function loadMemories(pool: pg.Pool): Promise<Map<number, ClusterMemory>> {
  await inTransaction(pool, (client) => recordInterruption(client, new Date()));
  const findings = Map.groupBy(await loadOpenFindings(pool), ({ clusterId }) => clusterId);
  const views = new Map((await loadClusterViews(pool)).map(({ clusterId, view }) => [clusterId, view]));
  const events = Map.groupBy(await loadLastNodeEvents(pool), ({ clusterId }) => clusterId);
  const memories = new Map<number, ClusterMemory>();
  for (const clusterId of new Set([...findings.keys(), ...views.keys(), ...events.keys()])) {
    const open = (findings.get(clusterId) ?? []).map(asFinding);
    memories.set(clusterId, {
      findingState: findingStateFrom(open),
      openFindings: open,
      rpo: views.get(clusterId)?.rpo ?? null,
      lastPrimary: views.get(clusterId)?.lastPrimary ?? null,
      recentBounds: [],
      leadership: null,
      nodeChanges: nodeChangesFrom(events.get(clusterId) ?? []),
    });
  }
  return memories;
}

function nodeEventsToRecord({ cluster, evaluation }: EvaluatedCluster): NodeEventRecord[] {
  if (evaluation.nodeEvents.length === 0) return [];
  const ids = new Map(cluster.nodes.map(({ id, name }) => [name, id]));
  return evaluation.nodeEvents.flatMap(({ nodeName, at, kind, detail }) => {
    const nodeId = ids.get(nodeName);
    return nodeId === undefined ? [] : [{ nodeId, at, kind, detail }];
  });
}

function asFinding({ clusterId: _clusterId, ...finding }: StoredFinding): Finding {
  return { ...finding, ...adviceFor(finding) };
}

function stored(clusterId: number, finding: Finding): StoredFinding {
  const { id, code, severity, nodeName, subject, summary, evidence, since, lastSeenAt } = finding;
  return { id, clusterId, code, severity, nodeName, subject, summary, evidence, since, lastSeenAt };
}
