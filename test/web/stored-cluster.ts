/** A cluster as agents and controller leave it in the control database: enough to plan, request and run operations on it. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { storeClusterViews } from '../../lib/db/samples/cluster-latest.ts';
import type { ClusterInput } from '../../lib/domain/topology/inputs.ts';
import type { OperationEvent, OperationState } from '../../lib/domain/operation/model.ts';
import { NOW_MS, aClusterInput, evaluated } from '../builders/index.ts';
import { anAuthority } from '../builders/operation.ts';

/** Views stored by this process: their order. */
let stored = 0;

/** The cluster of the builders with agents that may act. */
export function anActingCluster(input: ClusterInput = aClusterInput()): ClusterInput {
  const names = input.nodes.map(({ name }) => name);
  const nodes = input.nodes.map((node) => {
    if (node.latest === null) return node;
    const leads = node.name === input.leadership?.holder;
    const authority = anAuthority({
      ...(leads ? { role: 'leader', leaderTerm: input.leadership?.term ?? 1 } : {}),
      peers: names.filter((name) => name !== node.name),
    });
    return { ...node, latest: { ...node.latest, observation: { ...node.latest.observation, authority } } };
  });
  return { ...input, nodes };
}

/** Writes (or renews) it as of `NOW_MS`, or so much later. The term on record only grows. @returns the cluster's id. */
export async function storeCluster(pool: pg.Pool, input: ClusterInput = anActingCluster(), laterMs = 0): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `INSERT INTO cluster (slug, name, policy) VALUES ($1, $2, $3)
     ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING id`,
    [input.slug, input.name, input.policy],
  );
  const clusterId = rows[0]!.id;
  for (const { name, site, latest, facts, enrolled } of input.nodes) {
    const node = await pool.query<{ id: number }>(
      `INSERT INTO node (uuid, cluster_id, name, provider, region, zone, jurisdiction, enrolled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (cluster_id, name) DO UPDATE SET enrolled_at = excluded.enrolled_at RETURNING id`,
      [randomUUID(), clusterId, name, site.provider, site.region, site.zone, site.jurisdiction, enrolled ? new Date(NOW_MS) : null],
    );
    if (latest === null) continue;
    await pool.query(
      `INSERT INTO node_latest (node_id, observed_at, received_at, sequence, agent_version, observation, facts, facts_at)
       VALUES ($1, $2, $3, 1, $4, $5, $6, $2)
       ON CONFLICT (node_id) DO UPDATE SET observation = excluded.observation, observed_at = excluded.observed_at, facts = excluded.facts`,
      [
        ...[node.rows[0]!.id, new Date(latest.observedAtMs + laterMs), new Date(latest.receivedAtMs + laterMs), latest.agentVersion],
        ...[JSON.stringify(latest.observation), facts === null ? null : JSON.stringify(facts)],
      ],
    );
  }
  const { view, boards } = evaluated(input);
  const computedAt = new Date(NOW_MS + laterMs).toISOString();
  const aged = { slots: { ...boards.slots, computedAt }, archive: { ...boards.archive, computedAt } };
  const order = { leaderEpoch: 1, counter: (stored += 1) };
  await storeClusterViews(pool, [{ clusterId, view: { ...view, computedAt }, boards: aged }], order);
  if (input.leadership !== null) {
    const { term, holder, timeline } = input.leadership;
    await pool.query(
      `INSERT INTO leadership (cluster_id, term, holder, timeline, since, source) VALUES ($1, $2, $3, $4, $5, 'first-seen')
       ON CONFLICT (cluster_id) DO UPDATE SET term = leadership.term + 1, holder = excluded.holder, timeline = excluded.timeline`,
      [clusterId, term, holder, timeline, new Date(NOW_MS)],
    );
  }
  return clusterId;
}

/** Stands for the controller: writes an event of a run, and the state that follows. */
export async function recordEvent(
  pool: pg.Pool,
  operation: string,
  event: OperationEvent,
  state: OperationState | null = null,
): Promise<void> {
  await pool.query(
    `INSERT INTO operation_event (operation_id, sequence, at, kind, body)
     SELECT $1, coalesce(max(sequence), 0) + 1, clock_timestamp(), $2, $3 FROM operation_event WHERE operation_id = $1`,
    [operation, event.kind, JSON.stringify(event)],
  );
  if (state !== null) await moveOperation(pool, operation, state);
}

/** As the controller moves it. */
export async function moveOperation(pool: pg.Pool, operation: string, state: OperationState): Promise<void> {
  const ends = ['done', 'rolled-back', 'cancelled', 'refused', 'failed'].includes(state);
  await pool.query('UPDATE operation SET state = $2, ended_at = CASE WHEN $3 THEN clock_timestamp() ELSE ended_at END WHERE id = $1', [
    ...[operation, state, ends],
  ]);
}
