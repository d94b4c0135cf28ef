/** Restores what the release b47ad95 left in its control database, as if that release had been stopped a minute ago. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { emptyDatabase } from '../store.ts';
import type { LivePostgres } from '../live-postgres.ts';

/**
 * `pg_dump` of a lab with both clusters under that release: a switchover, a failover, a reversion, a reload; a restart that is held, because
 * rax-dfw-a can't start with its configuration; a switchover of ledger that waits for its approval. How it was made: README.md beside it.
 */
const DUMP_FILE = path.join(import.meta.dirname, 'b47ad95.sql.gz');
const RESTORE_DEADLINE_MS = 60_000;

export const HELD = { cluster: 'payments', node: 'rax-dfw-a' };
export const WAITING = { cluster: 'ledger', target: 'gcp-euw4-a' };
export const passwordOf = (role: string): string => `throwaway ${role} 47`;
export const READER_TOKEN = 'fat_throwaway-reader-of-b47ad95';

/** A database of its own with the dump. @returns its URL. */
export async function restoreReleased(server: LivePostgres): Promise<string> {
  const url = await emptyDatabase(server);
  await server.sql(`DO $$ BEGIN CREATE ROLE farshore_web LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
  const input = `${gunzipSync(readFileSync(DUMP_FILE)).toString('utf8')}\n${MOVED_TO_NOW}`;
  const psql = spawnSync(path.join(server.binDir, 'psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url], {
    ...{ input, encoding: 'utf8', timeout: RESTORE_DEADLINE_MS },
  });
  if (psql.status !== 0) throw new Error(`The dump of b47ad95 can't be restored: ${psql.stderr}`);
  return url;
}

/** Sessions and approvals expire after hours: the dump's were made a minute ago. The triggers guard against such changes. */
const MOVED_TO_NOW = `
  SET session_replication_role = replica;
  SELECT now() - interval '1 minute' - max(at) AS age FROM public.audit_event \\gset
  UPDATE public.user_session SET created_at = created_at + :'age', last_seen_at = last_seen_at + :'age', expires_at = expires_at + :'age';
  UPDATE public.operation SET requested_at = requested_at + :'age' WHERE state = 'awaiting-approval';
`;
