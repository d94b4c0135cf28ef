/** A real controller on a real control database, and the rows that an administrator would have made. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { pino, type Logger } from 'pino';
import { startController, type RunningController } from '../controller/start.ts';
import { startPostgres, waitFor, type LivePostgres } from './live-postgres.ts';
import { migratedDatabase, migratedDirectory } from './store.ts';
import { requestJoin, SimulatedAgent } from './simulated-agent.ts';

export interface ControllerFixture {
  postgres: LivePostgres;
  databaseUrl: string;
  pool: pg.Pool;
  dir: string;
  controller: RunningController;
  /** The controller's log, as parsed lines. */
  logged: () => Record<string, unknown>[];
  startAnother(): Promise<RunningController>;
  stop(): Promise<void>;
}

/** Starts PostgreSQL and one controller on it, in a temporary directory. */
export async function startControllerFixture(env: Record<string, string> = {}): Promise<ControllerFixture> {
  const postgres = await startPostgres({ dataFrom: await migratedDirectory() });
  const databaseUrl = await migratedDatabase(postgres, 'farshore');
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', () => undefined);
  const dir = await mkdtemp(path.join(tmpdir(), 'farshore-controller-'));
  const lines: string[] = [];
  const log: Logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const controllers: RunningController[] = [];
  const startAnother = async (): Promise<RunningController> => {
    const settings = {
      DATABASE_URL: databaseUrl,
      FARSHORE_DIR: dir,
      FARSHORE_GATEWAY_HOST: '127.0.0.1',
      FARSHORE_GATEWAY_PORT: '0',
      FARSHORE_GATEWAY_NAMES: 'localhost,127.0.0.1',
      FARSHORE_HEALTH_PORT: '0',
    };
    const controller = await startController({ ...settings, ...env }, { log });
    controllers.push(controller);
    return controller;
  };
  const controller = await startAnother();
  return {
    postgres,
    databaseUrl,
    pool,
    dir,
    controller,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    startAnother,
    async stop() {
      for (const one of controllers) await one.stop();
      await pool.end();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Registers a cluster with these nodes, all in different zones of one region. */
export async function registerCluster(pool: pg.Pool, slug: string, nodeNames: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ id: number }>("INSERT INTO cluster (slug, name, jurisdictions) VALUES ($1, $1, '{}') RETURNING id", [
    slug,
  ]);
  await pool.query(
    `INSERT INTO node (uuid, cluster_id, name, provider, region, zone, jurisdiction)
     SELECT gen_random_uuid(), $1, name, 'aws', 'us-east-1', 'zone-' || position, 'US' FROM unnest($2::text[]) WITH ORDINALITY AS n(name, position)`,
    [rows[0]?.id, nodeNames],
  );
}

/** A join token for the node: the secret part. */
export async function issueToken(pool: pg.Pool, nodeName: string, validForMs = 600_000): Promise<string> {
  const secret = randomBytes(24).toString('base64url');
  const hash = createHash('sha256').update(secret).digest('hex');
  await pool.query(
    `INSERT INTO join_token (secret_hash, node_id, expires_at) SELECT $1, id, now() + $3::float8 * interval '1 ms' FROM node WHERE name = $2`,
    [hash, nodeName, validForMs],
  );
  return secret;
}

/** Joins a registered node. */
export async function joinNode(
  { pool, controller }: Pick<ControllerFixture, 'pool' | 'controller'>,
  nodeName: string,
): Promise<SimulatedAgent> {
  return await SimulatedAgent.join(controller.gatewayUrl, controller.caPem, await issueToken(pool, nodeName), nodeName);
}

export { requestJoin, waitFor };
