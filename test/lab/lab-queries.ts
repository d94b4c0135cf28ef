/** Questions that tests ask the lab's servers directly, as superuser. */
import type { Lab } from '../../lab/lab.ts';

async function ask<Row extends object>(lab: Lab, node: string, sql: string, values: unknown[] = []): Promise<Row | null> {
  const client = await lab.connect(node);
  try {
    return (await client.query<Row>(sql, values)).rows[0] ?? null;
  } finally {
    await client.end();
  }
}

/** The standby's receiver streams, and its upstream lists it. */
export async function isReceivingFrom(lab: Lab, standby: string, upstream: string): Promise<boolean> {
  const receiver = await ask(lab, standby, `SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'`);
  const sender = await ask(lab, upstream, `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'`, [
    standby,
  ]);
  return receiver !== null && sender !== null;
}

/** Where a primary writes, as a byte position. */
export async function readLsnBytes(lab: Lab, node: string): Promise<bigint> {
  const row = await ask<{ bytes: string }>(lab, node, `SELECT pg_current_wal_lsn() - '0/0' AS bytes`);
  return BigInt(row?.bytes ?? 0);
}

/** Leaves a mark in the WAL that its standbys can be asked about: a table of that name. */
export async function writeMark(lab: Lab, primary: string, mark: string): Promise<void> {
  await ask(lab, primary, `CREATE TABLE "mark ${mark}" ()`);
}

export async function hasMark(lab: Lab, node: string, mark: string): Promise<boolean> {
  return (await ask(lab, node, 'SELECT 1 FROM pg_class WHERE relname = $1', [`mark ${mark}`])) !== null;
}
