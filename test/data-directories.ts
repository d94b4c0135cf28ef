/**
 * Data directories of test servers, made once and copied: initdb, and the migrations of a control database, take longer than everything
 * else that such a server needs. Kept below node_modules, by what they were made of. All copies of one have the same system identifier.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { patient } from '../setup/patience.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '..');
const KEPT = path.join(ROOT, 'node_modules/.cache/farshore-test-servers');
const PROGRAM_DEADLINE_MS = 120_000;
/** Of a kind, the newest ones; others were made of migrations or servers that are gone. */
const KEPT_MAX = 8;

export type OsIds = { uid: number; gid: number } | null;

/** A new cluster in `target`, as `initdb` with these arguments makes it. */
export async function initialiseDirectory(target: string, binDir: string, args: readonly string[], owner: OsIds): Promise<void> {
  const source = await directoryOf('initdb', [await versionOf(binDir), ...args], async (dir) => {
    if (owner !== null) chownSync(path.dirname(dir), owner.uid, owner.gid);
    const as = { ...(owner ?? {}), cwd: path.dirname(dir), timeout: patient(PROGRAM_DEADLINE_MS) };
    await run(path.join(binDir, 'initdb'), ['-D', dir, ...args, '--no-sync'], as);
  });
  await copyDirectory(source, target);
}

/** A cluster that was prepared further, by the first test that needs it. `ingredients`: all that the result depends on. */
export async function preparedDirectory(
  binDir: string,
  ingredients: readonly string[],
  prepare: (dir: string) => Promise<void>,
): Promise<string> {
  return directoryOf('prepared', [await versionOf(binDir), ...ingredients], prepare);
}

export async function copyDirectory(from: string, to: string): Promise<void> {
  await run('/bin/cp', ['-a', '--reflink=auto', from, to], { timeout: patient(PROGRAM_DEADLINE_MS) });
}

/** Digest of all files below a directory. */
export function digestOf(directory: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const full = path.join(directory, name);
    if (statSync(full).isFile()) hash.update(name).update('\0').update(readFileSync(full)).update('\0');
  }
  return hash.digest('hex');
}

async function versionOf(binDir: string): Promise<string> {
  return (await run(path.join(binDir, 'postgres'), ['--version'])).stdout.trim();
}

async function directoryOf(kind: string, ingredients: readonly string[], make: (dir: string) => Promise<void>): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 16);
  const kept = path.join(KEPT, `${kind}-${key}`);
  if (existsSync(kept)) return kept;
  const work = mkdtempSync(path.join(os.tmpdir(), 'farshore-pg-made-'));
  mkdirSync(KEPT, { recursive: true, mode: 0o700 });
  chmodSync(work, 0o711);
  const arriving = mkdtempSync(path.join(KEPT, '.arriving-'));
  try {
    await make(path.join(work, 'data'));
    await copyDirectory(path.join(work, 'data'), path.join(arriving, 'data'));
    // Two workers may make the same: the second's is as good as the first's.
    if (!existsSync(kept)) renameSync(path.join(arriving, 'data'), kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
  } finally {
    for (const directory of [work, arriving]) rmSync(directory, { recursive: true, force: true });
  }
  removeOld(kind);
  return kept;
}

function removeOld(kind: string): void {
  const all = readdirSync(KEPT).filter((name) => name.startsWith(`${kind}-`));
  const byAge = all.toSorted((one, other) => statSync(path.join(KEPT, other)).mtimeMs - statSync(path.join(KEPT, one)).mtimeMs);
  for (const name of byAge.slice(KEPT_MAX)) rmSync(path.join(KEPT, name), { recursive: true, force: true });
}
