/**
 * Writes and checks migrations without Prisma's binaries, which this project can't download everywhere: the same schema engine
 * runs as WebAssembly and talks to PostgreSQL through adapter-pg. For developers only; processes apply migrations at start with
 * `lib/db/ground/migrations.ts`.
 *
 *   DATABASE_URL=postgresql://… npm run migration -- create <name> | check | status
 *
 * `create` and `check` replay the migrations into a scratch database, so they need CREATEDB.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineBindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const MIGRATIONS_DIR = path.join(import.meta.dirname, 'migrations');
const SCHEMA_FILE = path.join(import.meta.dirname, 'schema.prisma');
const LOCK_FILE_TEXT = 'provider = "postgresql"\n';
/** Branches of `sample_tier` that are partitioned again: to the engine they look like tables that schema.prisma forgot. */
const FILTERS = { externalTables: ['public.sample_tier_10', 'public.sample_tier_60', 'public.sample_tier_600'], externalEnums: [] };

/** PostgreSQL's internal `"char"`, which the engine reads from pg_catalog and adapter-pg can't map: to be read as text. */
const OID_INTERNAL_CHAR = 18;
const OID_TEXT = 25;
/** The one column of that type that the engine insists on reading as a character: how it tells a CHECK from an exclusion. */
const CHARACTER_COLUMN = 'constraint_type';

type Engine = Awaited<ReturnType<typeof engineBindings.SchemaEngine.new>>;

/** Node can't import .wasm from a module, so the bindings are given an instance made by hand. */
async function loadEngineBindings(): Promise<void> {
  const packageDir = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const source = readFileSync(path.join(packageDir, 'schema_engine_bg.wasm'));
  // The engine hands the text of a panic to this global before it aborts.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (text: string) => console.error(text) } });
  const { instance } = await WebAssembly.instantiate(source, { './schema_engine_bg.js': engineBindings as WebAssembly.ModuleImports });
  engineBindings.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
}

function adapterFactory(url: string): PrismaPg {
  const factory = new PrismaPg({ connectionString: url });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    // Both are private in the types: `performIO` is the only place where every result passes, `client` is the pg pool.
    const open = adapter as unknown as {
      performIO(query: unknown): Promise<{ fields?: { dataTypeID: number }[] }>;
      client: { query(sql: string): Promise<unknown> };
    };
    // The adapter's own version cuts at every semicolon, also inside function bodies and comments.
    adapter.executeScript = async (script) => {
      await open.client.query(script);
    };
    const performIO = open.performIO.bind(adapter);
    open.performIO = async (query) => {
      const result = await performIO(query);
      for (const field of result.fields ?? []) {
        if (field.dataTypeID === OID_INTERNAL_CHAR) field.dataTypeID = OID_TEXT;
      }
      return result;
    };
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const position = result.columnNames.indexOf(CHARACTER_COLUMN);
      if (position >= 0) result.columnTypes[position] = ColumnTypeEnum.Character;
      return result;
    };
    return adapter;
  };
  return factory;
}

function engineFor(url: string): Promise<Engine> {
  return engineBindings.SchemaEngine.new({ datamodels: undefined }, () => {}, bindMigrationAwareSqlAdapterFactory(adapterFactory(url)));
}

function migrationsList() {
  const names = readdirSync(MIGRATIONS_DIR, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir: MIGRATIONS_DIR,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: LOCK_FILE_TEXT },
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: readFileSync(path.join(MIGRATIONS_DIR, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

/**
 * The SQL that would take a database with all migrations applied to schema.prisma; `null` when they agree. The engine refuses to
 * make its own shadow database through an adapter, so a scratch database is made, replayed into and dropped here.
 */
export async function schemaDrift(databaseUrl: string): Promise<string | null> {
  await loadEngineBindings();
  const scratch = `farshore_shadow_${randomUUID().slice(0, 8)}`;
  const scratchUrl = new URL(databaseUrl);
  scratchUrl.pathname = `/${scratch}`;
  const schema = { files: [{ path: SCHEMA_FILE, content: readFileSync(SCHEMA_FILE, 'utf8') }] };
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE "${scratch}"`);
    const engine = await engineFor(scratchUrl.toString());
    await engine.applyMigrations({ migrationsList: migrationsList(), filters: FILTERS });
    const diff = await engine.diff({
      from: { tag: 'schemaDatasource', ...schema, configDir: path.dirname(SCHEMA_FILE) },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters: FILTERS,
    });
    return diff.exitCode === 0 ? null : (diff.stdout ?? '');
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS "${scratch}" WITH (FORCE)`);
    await admin.end();
  }
}

async function create(databaseUrl: string, name: string | undefined): Promise<void> {
  if (name === undefined || !/^[a-z0-9]+(_[a-z0-9]+)*$/.test(name)) {
    throw new Error('Give the migration a name in snake_case, such as: npm run migration -- create add_drills');
  }
  mkdirSync(MIGRATIONS_DIR, { recursive: true });
  const sql = await schemaDrift(databaseUrl);
  if (sql === null) {
    console.log('The schema and the migrations agree: there is nothing to write.');
    return;
  }
  const folder = path.join(MIGRATIONS_DIR, `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'migration.sql'), `-- breaking: \n${sql}`);
  const lockFile = path.join(MIGRATIONS_DIR, 'migration_lock.toml');
  if (!existsSync(lockFile)) writeFileSync(lockFile, LOCK_FILE_TEXT);
  console.log(
    `Wrote ${path.relative(process.cwd(), folder)}/migration.sql. Read it, and say in its first line whether it is breaking (docs/decisions/0027).`,
  );
}

async function check(databaseUrl: string): Promise<void> {
  const sql = await schemaDrift(databaseUrl);
  if (sql === null) {
    console.log('The schema and the migrations agree.');
    return;
  }
  console.error(`prisma/schema.prisma and prisma/migrations differ. This SQL would mend the database:\n\n${sql}`);
  process.exitCode = 2;
}

async function status(databaseUrl: string): Promise<void> {
  await loadEngineBindings();
  const engine = await engineFor(databaseUrl);
  const history = await engine.diagnoseMigrationHistory({
    migrationsList: migrationsList(),
    optInToShadowDatabase: false,
    filters: FILTERS,
  });
  console.log(JSON.stringify(history, null, 2));
}

async function main([verb, name]: string[]): Promise<void> {
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) throw new Error('Set DATABASE_URL to a PostgreSQL whose role may create databases.');
  if (verb === 'create') return create(databaseUrl, name);
  if (verb === 'check') return check(databaseUrl);
  if (verb === 'status') return status(databaseUrl);
  throw new Error('Usage: npm run migration -- create <name> | check | status');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  // The engine keeps its connections open for as long as the process lives.
  process.exit();
}
