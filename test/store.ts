/** A control database for tests: one private server a file, one database a call, copied from one that was migrated once. */
import path from 'node:path';
import pg from 'pg';
import { applyMigrations } from '../lib/db/ground/migrations.ts';
import { createPool } from '../lib/db/ground/pool.ts';
import { copyDirectory, digestOf, preparedDirectory } from './data-directories.ts';
import { postgresBinDir, startPostgres } from './live-postgres.ts';
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
  return urlOf(server, name);
}

const TEMPLATE = 'store_template';
const MIGRATIONS = path.resolve(import.meta.dirname, '../prisma/migrations');
const RUNNER = path.resolve(import.meta.dirname, '../lib/db/ground');

/** A data directory whose server has a migrated, empty control database to be copied. */
export function migratedDirectory(): Promise<string> {
  return preparedDirectory(postgresBinDir(), [digestOf(MIGRATIONS), digestOf(RUNNER)], async (target) => {
    const server = await startPostgres();
    try {
      await migrateTemplate(server);
      await server.halt();
      await copyDirectory(server.dataDir, target);
    } finally {
      await server.stop();
    }
  });
}

async function migrateTemplate(server: LivePostgres): Promise<void> {
  await server.sql(`CREATE DATABASE ${TEMPLATE}`);
  await applyMigrations(urlOf(server, TEMPLATE));
}

function urlOf(server: LivePostgres, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.toString();
}

/** The URL of a new, migrated database. Where the server has no template yet, it is made. */
export async function migratedDatabase(server: LivePostgres, name = `store_${++made}`): Promise<string> {
  const [known] = await server.sql('SELECT 1 AS known FROM pg_database WHERE datname = $1', [TEMPLATE]);
  if (known === undefined) await migrateTemplate(server);
  await server.sql(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  return urlOf(server, name);
}

/** A migrated database on `server`, with a pool to be ended by the caller. */
export async function migratedStore(server: LivePostgres, poolMax = 8): Promise<TestStore> {
  const url = await migratedDatabase(server);
  return { url, pool: createPool(url, { max: poolMax, applicationName: 'test' }) };
}

/** Starts a server with a migrated database; `stop` ends both. */
export async function startStore(): Promise<TestStore & { server: LivePostgres; stop: () => Promise<void> }> {
  const server = await startPostgres({ dataFrom: await migratedDirectory(), settings: { max_connections: '150' } });
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
