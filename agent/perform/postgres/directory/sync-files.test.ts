import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { canSyncFileSystems, isFreshFromRewind, syncArguments } from './sync-files.ts';

test('syncfs is trusted from Linux 5.8 on, where it tells of pages that could not be written', () => {
  expect(canSyncFileSystems('linux', '5.7.19-generic')).toBe(false);
  expect(canSyncFileSystems('linux', '5.8.0-1')).toBe(true);
  expect(canSyncFileSystems('linux', '6.1.0-18-amd64')).toBe(true);
  expect(canSyncFileSystems('darwin', '23.0.0')).toBe(false);
});

test('only a directory that pg_rewind laid out is started without a sync of each file', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'farshore-sync-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(path.join(directory, 'PG_VERSION'), '15\n');
  expect(syncArguments(directory)).toEqual([]);
  const label = (method: string): void =>
    writeFileSync(path.join(directory, 'backup_label'), `START WAL LOCATION: 0/2000028\nBACKUP METHOD: ${method}\nBACKUP FROM: standby\n`);
  label('streamed');
  expect(isFreshFromRewind(directory)).toBe(false);
  label('pg_rewind');
  expect(isFreshFromRewind(directory)).toBe(true);
  expect(syncArguments(directory)).toEqual(canSyncFileSystems() ? ['-o', '-c recovery_init_sync_method=syncfs'] : []);
  writeFileSync(path.join(directory, 'PG_VERSION'), '13\n');
  expect(syncArguments(directory)).toEqual([]);
});
