/** The one line of `pgbouncer.ini` that says where a database lies. Everything else of the file is somebody else's. */
import { chownSync, closeSync, fchmodSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { parseConninfo } from '../../observe/conninfo.ts';
import { PerformRefused } from '../performer.ts';
import type { PoolerConfig } from './console.ts';

const SECTION = /^\s*\[([^\]]+)\]/;
const ENTRY = /^(\s*)("(?:[^"]|"")*"|[^\s=;#"]+)(\s*=\s*)(.*)$/;

const unquote = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name);

/** Replaces one keyword of a connection string where it stands, or puts it in front. */
function setKeyword(conninfo: string, keyword: string, value: string): string {
  const pattern = new RegExp(`(^|\\s)(${keyword}\\s*=\\s*)('(?:[^']|'')*'|[^\\s']*)`, 'i');
  return pattern.test(conninfo)
    ? conninfo.replace(pattern, (_, before: string, name: string) => `${before}${name}${value}`)
    : `${keyword}=${value} ${conninfo}`.trimEnd();
}

/** The file's text with host and port of the entry replaced; `null` when there is no such entry. Pure. */
export function pointEntryAt(text: string, database: string, host: string, port: number): string | null {
  let section = '';
  let found = false;
  const lines = text.split('\n').map((line) => {
    section = SECTION.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const entry = section === 'databases' ? ENTRY.exec(line) : null;
    const [, indent = '', name = '', equals = '', conninfo = ''] = entry ?? [];
    if (entry === null || unquote(name) !== database) return line;
    found = true;
    return `${indent}${name}${equals}${setKeyword(setKeyword(conninfo, 'port', String(port)), 'host', host)}`;
  });
  return found ? lines.join('\n') : null;
}

/** Host and port of the entry as the file says; `null` without it. */
export function readEntry(text: string, database: string): { host: string | null; port: number } | null {
  let section = '';
  for (const line of text.split('\n')) {
    section = SECTION.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const entry = section === 'databases' ? ENTRY.exec(line) : null;
    if (entry === null || unquote(entry[2] ?? '') !== database) continue;
    const pairs = parseConninfo(entry[4] ?? '');
    return { host: pairs['host'] ?? null, port: Number(pairs['port'] ?? 5432) };
  }
  return null;
}

/** Replaces the file in one step, with its mode and owner. A crash leaves the old one or the new one. */
function replaceFile(file: string, content: string): void {
  const { uid, gid, mode } = statSync(file);
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.farshore-${process.pid}`);
  const handle = openSync(temporary, 'w', 0o600);
  try {
    writeSync(handle, content);
    fchmodSync(handle, mode & 0o7777);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  const own = statSync(temporary);
  if (own.uid !== uid || own.gid !== gid) chownSync(temporary, uid, gid);
  renameSync(temporary, file);
  const directory = openSync(path.dirname(file), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Points the pooler's file at a node. @returns whether the file was changed. */
export function writeEntry(name: string, pooler: PoolerConfig, host: string, port: number): boolean {
  const before = readFileSync(pooler.config, 'utf8');
  const after = pointEntryAt(before, pooler.database, host, port);
  if (after === null) {
    throw new PerformRefused(
      'precondition-failed',
      `${pooler.config} has no entry ${pooler.database} under [databases], which pooler ${name} is to serve. Correct the agent’s configuration.`,
    );
  }
  if (after === before) return false;
  replaceFile(pooler.config, after);
  return true;
}
