/** Keeps the logs of a lab in which something failed, each by its end, so that they outlive the lab. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
export const LOGS = path.join(ROOT, '.test-output', 'logs');
const FILE_BYTES_MAX = 512 * 1024;
const FILES_MAX = 60;
const DEPTH_MAX = 5;
/** A node's data, WAL and archive hold no logs, and many files. */
const SKIPPED = new Set(['data', 'wal', 'pg_wal', 'repository', 'runtime', 'pgbackrest', 'socket', 'tls']);
const NAME_CHARACTERS_MAX = 100;

/** Where the logs of a test are kept, below the checkout; whether there are any is another question. */
export function logsOf(test: string, logs = LOGS): string {
  const name = test.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, NAME_CHARACTERS_MAX);
  return path.join(logs, name.replace(/^-|-$/g, ''));
}

/** Copies the end of each log below the directories. @returns where they are. */
export function keepLogs(test: string, directories: readonly string[], logs = LOGS): string {
  const target = logsOf(test, logs);
  const files = directories.flatMap((directory) => logFiles(directory, DEPTH_MAX).map((file) => ({ file, from: directory })));
  for (const { file, from } of files.slice(0, FILES_MAX)) {
    const name = path.join(target, path.basename(from), path.relative(from, file));
    mkdirSync(path.dirname(name), { recursive: true });
    writeFileSync(name, endOf(file));
  }
  return target;
}

function logFiles(directory: string, depth: number): string[] {
  if (depth === 0 || !existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : logFiles(full, depth - 1);
    return entry.isFile() && entry.name.endsWith('.log') ? [full] : [];
  });
}

function endOf(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const end = Buffer.alloc(Math.min(size, FILE_BYTES_MAX));
    const bytes = readSync(handle, end, 0, end.length, size - end.length);
    return end.subarray(0, bytes);
  } finally {
    closeSync(handle);
  }
}
