/** Reserves numbers for the commands of nodes. */
import type { Queryable } from '../ground/pool.ts';

/** Reserved at once. A leader that ends leaves the rest of its block unused. */
export const ORDER_BLOCK = 100;
/** An agent may have seen so many numbers more than a database from a backup knows of. Beyond, it is not believed. */
export const ORDER_AHEAD_MAX = 1_000_000;

export interface OrderWish {
  nodeId: number;
  /** The highest number that its agent says it has taken up. */
  reported: number;
}

export interface OrderBlock {
  nodeId: number;
  /** The numbers after this one, through `through`. */
  after: number;
  through: number;
}

/** Reserves the next block of each node, above all that was reserved before and all that its agent has taken up. */
export async function reserveOrders(client: Queryable, wishes: readonly OrderWish[]): Promise<OrderBlock[]> {
  if (wishes.length === 0) return [];
  const ids = wishes.map(({ nodeId }) => nodeId);
  await client.query('INSERT INTO command_order (node_id, reserved) SELECT unnest($1::int4[]), 0 ON CONFLICT DO NOTHING', [ids]);
  const { rows } = await client.query<{ nodeId: number; through: string | bigint }>(
    `UPDATE command_order o
     SET reserved = $3 + CASE WHEN w.reported <= o.reserved + $4 THEN greatest(o.reserved, w.reported) ELSE o.reserved END
     FROM unnest($1::int4[], $2::int8[]) AS w(id, reported) WHERE o.node_id = w.id
     RETURNING o.node_id AS "nodeId", o.reserved AS through`,
    [ids, wishes.map(({ reported }) => reported), ORDER_BLOCK, ORDER_AHEAD_MAX],
  );
  return rows.map(({ nodeId, through }) => ({ nodeId, after: Number(through) - ORDER_BLOCK, through: Number(through) }));
}
