/**
 * Applies prisma/migrations at the start of a process with plain `pg`: no engine, no download. It writes the same table as Prisma
 * Migrate and takes the same lock, so both tools agree about what has been applied.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { SCHEMA_CHANNEL } from './channels.ts';
import { DatabaseProblem, explainDatabaseError, redactUrl } from './problem.ts';
import { migrationNames, tooOldSentence } from './schema-watch.ts';
import { messageOf } from '../../runtime/error-message.ts';

/** The advisory lock of Prisma Migrate. */
const MIGRATION_LOCK_ID = 72707369;
const POSTGRES_VERSION_MIN = 140000;
const CONNECT_TIMEOUT_MS = 5_000;
/** How long another process may take over its migrations before we give up. */
const LOCK_TIMEOUT_MS = 60_000;
const MIGRATIONS_DIR = path.join(import.meta.dirname, '../../../prisma/migrations');

/** A migration's first line. One without it counts as breaking: doubt denies. */
const BREAKING_LINE = /^-- breaking: (yes|no)\b/;

const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;
/** Beside Prisma's own columns, which its tools name one by one: for processes that don't have the file. */
const BREAKING_COLUMN = 'ALTER TABLE _prisma_migrations ADD COLUMN IF NOT EXISTS breaking BOOLEAN';

interface Migration {
  name: string;
  sql: string;
  checksum: string;
  /** True if processes of the release before it can't work with the database any more. */
  breaking: boolean;
}

interface AppliedRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  breaking: boolean | null;
}

export interface MigrationResult {
  /** Names of what was applied now, in order; empty when the database was up to date. */
  applied: string[];
  /** Migrations of a newer release, none of them breaking: this process may run beside the newer ones. */
  newer: string[];
}

/** Names of the migrations of this release, in order. */
export const knownMigrations = (): string[] => migrationNames(MIGRATIONS_DIR);

function readMigrations(dir: string): Migration[] {
  if (!existsSync(dir)) throw new DatabaseProblem(`The migrations are missing: there is no ${dir}. Install Farshore again.`);
  return migrationNames(dir).map((name) => {
    const sql = readFileSync(path.join(dir, name, 'migration.sql'), 'utf8');
    const breaking = BREAKING_LINE.exec(sql)?.[1] !== 'no';
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex'), breaking };
  });
}

/** Throws when this process can't work with the history. */
function compareWithHistory(known: readonly Migration[], history: readonly AppliedRow[]): { pending: Migration[]; newer: string[] } {
  const applied = new Map(history.map((row) => [row.migration_name, row]));
  const newer = history.filter((row) => !known.some(({ name }) => name === row.migration_name));
  for (const row of history) requireFinished(row);
  const breaking = newer.find((row) => row.breaking !== false);
  if (breaking !== undefined) throw new DatabaseProblem(tooOldSentence(breaking.migration_name));
  for (const migration of known) requireUnchanged(migration, applied.get(migration.name));
  const pending = known.filter(({ name }) => !applied.has(name));
  if (newer.length > 0 && pending.length > 0) {
    throw new DatabaseProblem(
      `The control database and this Farshore have parted: the database has ${newer[0]!.migration_name}, which this version does not know, and ` +
        `lacks ${pending[0]!.name}, which this version needs. Start the version that upgraded the database, or a newer one.`,
    );
  }
  return { pending, newer: newer.map((row) => row.migration_name) };
}

function requireFinished({ migration_name, finished_at }: AppliedRow): void {
  if (finished_at !== null) return;
  throw new DatabaseProblem(
    `The migration ${migration_name} was begun in the control database and did not finish. ` +
      'Restore the database from before it, or complete it by hand and set finished_at in _prisma_migrations.',
  );
}

function requireUnchanged({ name, checksum }: Migration, row: AppliedRow | undefined): void {
  if (row === undefined || row.checksum === checksum) return;
  throw new DatabaseProblem(
    `The migration ${name} differs from what the control database has applied (checksum ${row.checksum.slice(0, 12)}… there, ` +
      `${checksum.slice(0, 12)}… here). Install the released version again: an applied migration never changes.`,
  );
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  );
  const row = rows[0];
  if (row !== undefined && Number(row.number) >= POSTGRES_VERSION_MIN) return;
  throw new DatabaseProblem(
    `The control database runs PostgreSQL ${row?.version ?? '(unknown)'}; Farshore needs 14 or newer. Upgrade it, or set DATABASE_URL to a newer one.`,
  );
}

async function requireWritable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ standby: boolean; may: boolean; role: string; encoding: string }>(
    `SELECT pg_is_in_recovery() AS standby, has_schema_privilege('public', 'CREATE') AS may, current_user AS role,
            current_setting('server_encoding') AS encoding`,
  );
  const row = rows[0];
  if (row === undefined) return;
  if (row.standby) {
    throw new DatabaseProblem('DATABASE_URL leads to a standby, which is read-only. Point it at the primary of the control database.');
  }
  if (row.encoding !== 'UTF8') {
    throw new DatabaseProblem(`The control database has the encoding ${row.encoding}. Create it with ENCODING 'UTF8'.`);
  }
  if (!row.may) {
    throw new DatabaseProblem(
      `The role ${row.role} may not create tables in the control database. ` +
        `Make it the owner, or run: GRANT CREATE ON SCHEMA public TO ${pg.escapeIdentifier(row.role)};`,
    );
  }
}

async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count, breaking)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1, $4)`,
      [randomUUID(), migration.checksum, migration.name, migration.breaking],
    );
    // Heard with the commit: a process of an older release learns of it before its next statement fails.
    await client.query('SELECT pg_notify($1, $2)', [SCHEMA_CHANNEL, migration.name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const said = messageOf(error);
    throw new DatabaseProblem(
      `The migration ${migration.name} failed and was rolled back: ${said}. The control database is as it was before.`,
      { cause: error },
    );
  }
}

/**
 * Brings the control database at `url` up to the code, under a lock that lets several processes start at once.
 * @throws DatabaseProblem with a sentence that names what is wrong and the way out.
 */
export async function applyMigrations(url: string, migrationsDir = MIGRATIONS_DIR): Promise<MigrationResult> {
  const known = readMigrations(migrationsDir);
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: new URL(url).toString(),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'farshore migrations',
    });
    client.on('error', () => undefined);
    await client.connect();
  } catch (error) {
    throw explainDatabaseError(error, url);
  }
  try {
    await requireVersion(client);
    await requireWritable(client);
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_ID]).catch((error: unknown) => {
      throw new DatabaseProblem(
        `Another process has held the migration lock of ${redactUrl(url)} for ${LOCK_TIMEOUT_MS / 1000} s. Wait for it, or end it, and start again.`,
        { cause: error },
      );
    });
    await client.query(HISTORY_TABLE);
    await client.query(BREAKING_COLUMN);
    const { rows } = await client.query<AppliedRow>(
      'SELECT migration_name, checksum, finished_at, breaking FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name LIMIT 10000',
    );
    const { pending, newer } = compareWithHistory(known, rows);
    for (const migration of pending) await applyOne(client, migration);
    return { applied: pending.map(({ name }) => name), newer };
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    // The lock goes with the session.
    await client.end().catch(() => undefined);
  }
}
