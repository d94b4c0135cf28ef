/** A control database for tests: one private server a file, one freshly migrated database a call. */
import pg from 'pg';
import { applyMigrations } from '../lib/db/ground/migrations.ts';
import { createPool } from '../lib/db/ground/pool.ts';
import { startPostgres } from './live-postgres.ts';
import type { LivePostgres } from './live-postgres.ts';

export interface TestStore {
  url: string;
  pool: pg.Pool;
}

let made = 0;

/** An empty database on `server`. */
export async function emptyDatabase(server: LivePostgres): Promise<string> {
  const name = `store_${++made}`;
  await server.sql(`CREATE DATABASE ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.toString();
}

/** A migrated database on `server`, with a pool to be ended by the caller. */
export async function migratedStore(server: LivePostgres, poolMax = 8): Promise<TestStore> {
  const url = await emptyDatabase(server);
  await applyMigrations(url);
  return { url, pool: createPool(url, { max: poolMax, applicationName: 'test' }) };
}

/** Starts a server with a migrated database; `stop` ends both. */
export async function startStore(): Promise<TestStore & { server: LivePostgres; stop: () => Promise<void> }> {
  const server = await startPostgres({ settings: { max_connections: '150' } });
  const store = await migratedStore(server);
  return {
    ...store,
    server,
    stop: async () => {
      await store.pool.end();
      await server.stop();
    },
  };
}

/** Registers a cluster with nodes of these names. @returns ids in the same order. */
export async function registerFleet(
  pool: pg.Pool,
  slug: string,
  nodeNames: readonly string[],
): Promise<{ clusterId: number; nodeIds: number[] }> {
  const cluster = await pool.query<{ id: number }>('INSERT INTO cluster (slug, name, jurisdictions) VALUES ($1, $1, $2) RETURNING id', [
    slug,
    [],
  ]);
  const clusterId = cluster.rows[0]?.id ?? 0;
  const nodeIds: number[] = [];
  for (const name of nodeNames) {
    const node = await pool.query<{ id: number }>(
      `INSERT INTO node (uuid, cluster_id, name, provider, region, zone, jurisdiction)
       VALUES (gen_random_uuid(), $1, $2, 'aws', 'us-east-1', 'a', 'US') RETURNING id`,
      [clusterId, name],
    );
    nodeIds.push(node.rows[0]?.id ?? 0);
  }
  return { clusterId, nodeIds };
}
