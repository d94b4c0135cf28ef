/** One-time tokens with which a node joins. Only the SHA-256 of the secret is stored. */
import { createHash } from 'node:crypto';
import type { Queryable } from '../ground/pool.ts';

export const joinSecretHash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export interface RedeemedToken {
  redeemed: true;
  nodeId: number;
  nodeUuid: string;
  nodeName: string;
  clusterId: number;
  clusterSlug: string;
}

export interface RefusedToken {
  redeemed: false;
  why: 'unknown' | 'used' | 'expired' | 'other-node' | 'retired';
  /** A sentence for the person who ran `join`. It names no node to somebody without a valid secret. */
  sentence: string;
}

interface TokenRow {
  name: string;
  used_at: Date | null;
  expires_at: Date;
  retired: boolean;
}

const NEXT_STEP = 'Ask an administrator for a new one: npm run admin -- join-token CLUSTER NODE';

function refusal(row: TokenRow | undefined, nodeName: string, at: Date): RefusedToken {
  const because = (why: RefusedToken['why'], sentence: string): RefusedToken => ({
    redeemed: false,
    why,
    sentence: `${sentence} ${NEXT_STEP}`,
  });
  if (row === undefined) return because('unknown', 'This join token is unknown here.');
  if (row.used_at !== null) return because('used', `This join token was used already, at ${row.used_at.toISOString()}.`);
  if (row.expires_at <= at) return because('expired', `This join token expired at ${row.expires_at.toISOString()}.`);
  if (row.retired) return because('retired', `The node ${row.name} was retired.`);
  return because('other-node', `This join token is for the node ${row.name}, not for ${nodeName}.`);
}

/**
 * Uses a token up: of any number of attempts at once exactly one succeeds, if the caller's transaction commits. A refused attempt
 * leaves the token as it was.
 */
export async function redeemJoinToken(
  client: Queryable,
  secret: string,
  nodeName: string,
  at: Date,
): Promise<RedeemedToken | RefusedToken> {
  const hash = joinSecretHash(secret);
  const { rows } = await client.query<{ node_id: number; uuid: string; name: string; cluster_id: number; slug: string }>(
    `UPDATE join_token t SET used_at = $3 FROM node n JOIN cluster c ON c.id = n.cluster_id
     WHERE t.secret_hash = $1 AND t.used_at IS NULL AND t.expires_at > $3 AND n.id = t.node_id AND n.name = $2
       AND n.retired_at IS NULL AND c.retired_at IS NULL
     RETURNING n.id AS node_id, n.uuid, n.name, n.cluster_id, c.slug`,
    [hash, nodeName, at],
  );
  const row = rows[0];
  if (row !== undefined) {
    return {
      redeemed: true,
      nodeId: row.node_id,
      nodeUuid: row.uuid,
      nodeName: row.name,
      clusterId: row.cluster_id,
      clusterSlug: row.slug,
    };
  }
  const { rows: tokens } = await client.query<TokenRow>(
    `SELECT n.name, t.used_at, t.expires_at, (n.retired_at IS NOT NULL OR c.retired_at IS NOT NULL) AS retired
     FROM join_token t JOIN node n ON n.id = t.node_id JOIN cluster c ON c.id = n.cluster_id WHERE t.secret_hash = $1`,
    [hash],
  );
  return refusal(tokens[0], nodeName, at);
}
