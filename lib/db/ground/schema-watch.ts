/** Tells a running process when another release has upgraded the control database, and whether the two can run side by side. */
import { readdirSync } from 'node:fs';
import { SCHEMA_CHANNEL } from './channels.ts';
import { listen } from './listen.ts';
import type { Listener } from './listen.ts';
import type { Queryable } from './pool.ts';

export const tooOldSentence = (migration: string): string =>
  `The control database is newer than this Farshore: the migration ${migration} changed it in a way that this version cannot work with. ` +
  'Start the version that made it, or a newer one.';

/** Names of the migrations in a directory, in the order in which they are applied. */
export const migrationNames = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

export interface SchemaComparison {
  /** Migrations that the database has and this release does not know. */
  newer: string[];
  /** Migrations of this release that the database lacks: its controller has not started yet. */
  missing: string[];
  /** Why this process can't continue, as a sentence; `null` = it may run beside the newer release. */
  problem: string | null;
}

/** By names alone: `known` are the migrations of this release. */
export async function compareSchema(client: Queryable, known: readonly string[]): Promise<SchemaComparison> {
  const { rows } = await client.query<{ name: string; breaking: boolean | null }>(
    'SELECT migration_name AS name, breaking FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name LIMIT 10000',
  );
  const newer = rows.filter(({ name }) => !known.includes(name));
  const breaking = newer.find((row) => row.breaking !== false);
  return {
    newer: newer.map(({ name }) => name),
    missing: known.filter((name) => !rows.some((row) => row.name === name)),
    problem: breaking === undefined ? null : tooOldSentence(breaking.name),
  };
}

export interface SchemaWatchOptions {
  url: string;
  client: Queryable;
  known: readonly string[];
  applicationName: string;
  onCompared: (comparison: SchemaComparison) => void;
  /** The database could not be asked, or does not let this role read its history. It is asked again at the next notice. */
  onError: (error: Error) => void;
}

/** Compares now, at each migration that anybody applies, and whenever notices may have been missed. */
export function watchSchema({ url, client, known, applicationName, onCompared, onError }: SchemaWatchOptions): Listener {
  const compare = (): void => void compareSchema(client, known).then(onCompared, onError);
  return listen(url, [SCHEMA_CHANNEL], compare, { applicationName, onError });
}
