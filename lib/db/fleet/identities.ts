/** The certificates that speak for nodes: found by fingerprint, advanced by compare-and-swap, locked when two hold one. */
import type { FleetIdentity } from './fleet.ts';
import type { Queryable } from '../ground/pool.ts';

export interface KnownIdentity extends FleetIdentity {
  nodeId: number;
  nodeUuid: string;
  nodeName: string;
  clusterId: number;
  clusterSlug: string;
  /** A retired node or cluster: nothing it says counts. */
  retired: boolean;
}

interface IdentityRow {
  node_id: number;
  uuid: string;
  name: string;
  cluster_id: number;
  slug: string;
  retired: boolean;
  generation: number;
  fingerprint_sha256: string;
  previous_sha256: string | null;
  not_after: Date;
  instance_id: string | null;
  superseded_instance: string | null;
  locked_at: Date | null;
  lock_reason: string | null;
}

const toIdentity = (row: IdentityRow): KnownIdentity => ({
  nodeId: row.node_id,
  nodeUuid: row.uuid,
  nodeName: row.name,
  clusterId: row.cluster_id,
  clusterSlug: row.slug,
  retired: row.retired,
  generation: row.generation,
  fingerprintSha256: row.fingerprint_sha256,
  previousSha256: row.previous_sha256,
  notAfterMs: row.not_after.getTime(),
  instanceId: row.instance_id,
  supersededInstance: row.superseded_instance,
  lockedAtMs: row.locked_at?.getTime() ?? null,
  lockReason: row.lock_reason,
});

const SELECT_IDENTITY = `SELECT i.node_id, n.uuid, n.name, n.cluster_id, c.slug, (n.retired_at IS NOT NULL OR c.retired_at IS NOT NULL) AS retired,
    i.generation, i.fingerprint_sha256, i.previous_sha256, i.not_after, i.instance_id, i.superseded_instance, i.locked_at, i.lock_reason
  FROM node_identity i JOIN node n ON n.id = i.node_id JOIN cluster c ON c.id = n.cluster_id`;

/** The identity of the node with this UUID (the one in the certificate's URI SAN). */
export async function findIdentityByNodeUuid(client: Queryable, nodeUuid: string): Promise<KnownIdentity | null> {
  const { rows } = await client.query<IdentityRow>(`${SELECT_IDENTITY} WHERE n.uuid = $1::uuid`, [nodeUuid]);
  return rows[0] === undefined ? null : toIdentity(rows[0]);
}

export interface NewCertificate {
  nodeId: number;
  fingerprintSha256: string;
  notAfter: Date;
}

/**
 * A node joined with a token: its new certificate replaces whatever there was, and a lock is lifted, because a fresh token is an
 * administrator's word. The agent may count its ticks from 0 again. @returns the generation.
 */
export async function enrolIdentity(client: Queryable, certificate: NewCertificate & { instanceId: string; at: Date }): Promise<number> {
  const { rows } = await client.query<{ generation: number }>(
    `INSERT INTO node_identity AS i (node_id, generation, fingerprint_sha256, not_after, instance_id) VALUES ($1, 1, $2, $3, $4)
     ON CONFLICT (node_id) DO UPDATE SET generation = i.generation + 1, fingerprint_sha256 = excluded.fingerprint_sha256,
       previous_sha256 = NULL, not_after = excluded.not_after, instance_id = excluded.instance_id, superseded_instance = NULL,
       locked_at = NULL, lock_reason = NULL
     RETURNING generation`,
    [certificate.nodeId, certificate.fingerprintSha256, certificate.notAfter, certificate.instanceId],
  );
  await client.query('UPDATE node SET enrolled_at = $2 WHERE id = $1', [certificate.nodeId, certificate.at]);
  await client.query('UPDATE node_latest SET sequence = -1 WHERE node_id = $1', [certificate.nodeId]);
  const generation = rows[0]?.generation;
  if (generation === undefined) throw new Error(`The identity of node ${certificate.nodeId} was not stored.`);
  return generation;
}

/**
 * Renews by compare-and-swap: only who holds generation `fromGeneration` gets the next. @returns the new generation; `null` when
 * somebody else renewed before (two holders) or the identity is locked.
 */
export async function advanceIdentity(client: Queryable, certificate: NewCertificate & { fromGeneration: number }): Promise<number | null> {
  const { rows } = await client.query<{ generation: number }>(
    `UPDATE node_identity SET generation = generation + 1, previous_sha256 = fingerprint_sha256, fingerprint_sha256 = $3, not_after = $4
     WHERE node_id = $1 AND generation = $2 AND locked_at IS NULL RETURNING generation`,
    [certificate.nodeId, certificate.fromGeneration, certificate.fingerprintSha256, certificate.notAfter],
  );
  return rows[0]?.generation ?? null;
}

/** Notes that agent `to` speaks for the node instead of `from`. `false`: somebody else was noted meanwhile, look again. */
export async function takeOverInstance(client: Queryable, nodeId: number, from: string | null, to: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE node_identity SET instance_id = $3::uuid, superseded_instance = $2::uuid
     WHERE node_id = $1 AND instance_id IS NOT DISTINCT FROM $2::uuid AND locked_at IS NULL`,
    [nodeId, from, to],
  );
  return rowCount === 1;
}

/** Locks an identity: nothing it says is accepted until an administrator acts. `false`: it was locked already. */
export async function lockIdentity(client: Queryable, nodeId: number, reason: string, at: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    'UPDATE node_identity SET locked_at = $2, lock_reason = $3 WHERE node_id = $1 AND locked_at IS NULL',
    [nodeId, at, reason],
  );
  return rowCount === 1;
}

/** Lifts a lock; whichever agent speaks next is taken for the right one. @returns the reason it was locked for; `null`: it was not. */
export async function unlockIdentity(client: Queryable, nodeId: number): Promise<string | null> {
  // A function of the second migration, so that a role which must not write identities can be let do this much.
  const { rows } = await client.query<{ reason: string | null }>('SELECT unlock_node_identity($1) AS reason', [nodeId]);
  return rows[0]?.reason ?? null;
}

/**
 * Issues the present generation once more, to the agent that asked for it and never got the answer: it still shows the previous
 * certificate and is the instance that speaks for the node. @returns the generation; `null` when it is not that agent.
 */
export async function reissueIdentity(
  client: Queryable,
  certificate: NewCertificate & { fromGeneration: number; shownSha256: string; instanceId: string },
): Promise<number | null> {
  const { rows } = await client.query<{ generation: number }>(
    `UPDATE node_identity SET fingerprint_sha256 = $4, not_after = $5
     WHERE node_id = $1 AND generation = $2 + 1 AND previous_sha256 = $3 AND instance_id = $6::uuid AND locked_at IS NULL RETURNING generation`,
    [
      certificate.nodeId,
      certificate.fromGeneration,
      certificate.shownSha256,
      certificate.fingerprintSha256,
      certificate.notAfter,
      certificate.instanceId,
    ],
  );
  return rows[0]?.generation ?? null;
}
