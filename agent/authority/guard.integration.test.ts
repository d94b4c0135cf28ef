/** Tests the guard alone beside a real server whose pg_control has a layout that this release does not know. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, waitFor } from '../../test/live-postgres.ts';
import type { LivePostgres } from '../../test/live-postgres.ts';
import { judgeVersion } from '../check/control.ts';
import { CommandJournal } from '../journal/command-journal.ts';
import { createLog } from '../log.ts';
import { readControl, readControlHead } from '../perform/postgres/directory/control-data.ts';
import { leaveHold, releaseHold } from '../perform/postgres/directory/start-guard-mark.ts';
import { Guard } from './guard.ts';
import { LeadershipFile } from './leadership-file.ts';

/** As PostgreSQL 19 may number it. */
const UNKNOWN_LAYOUT = 1900;
const LAYOUT_AT = 8;
/** More than the guard allows of what can't be read. */
const LOOKS = 6;

let server: LivePostgres;
let directory: string;
let guard: Guard;
const log = createLog(() => undefined);

beforeAll(async () => {
  server = await startPostgres();
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-guard-'));
  const keeper = new LeadershipFile(directory, new CommandJournal(directory), log);
  keeper.fenceAnyway('Somebody else leads.', new Date().toISOString(), {});
  const nobody = { isFencing: () => false, isPerforming: () => false, onFenced: () => undefined };
  guard = new Guard({ keeper, dataDirectory: () => server.dataDir, ...nobody, log });
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A running server does not read it again; a clean shutdown writes it again. @returns a function that restores it. */
function unknownLayout(): () => void {
  const file = path.join(server.dataDir, 'global', 'pg_control');
  const set = (layout: number): number => {
    const bytes = readFileSync(file);
    const before = bytes.readUInt32LE(LAYOUT_AT);
    bytes.writeUInt32LE(layout, LAYOUT_AT);
    writeFileSync(file, bytes);
    return before;
  };
  const before = set(UNKNOWN_LAYOUT);
  return () => void set(before);
}

test('a fenced server in recovery is left alone, with programs that only its own process tells', async () => {
  await server.halt();
  leaveHold(server.dataDir);
  await server.start();
  const putBack = unknownLayout();
  expect(readControlHead(server.dataDir)).toBeNull();
  expect(await readControl({ dataDirectory: server.dataDir, binDirectory: server.binDir })).toMatchObject({ state: 'in archive recovery' });
  for (let look = 0; look < LOOKS; look += 1) expect(await guard.enforce()).toBe(false);
  expect(server.pid()).not.toBeNull();
  putBack();
  await server.halt();
});

test('one that is writable is stopped at the first look', async () => {
  releaseHold(server.dataDir);
  await server.start();
  const putBack = unknownLayout();
  expect(await guard.enforce()).toBe(true);
  // Its parent has to be told of its end.
  await waitFor('the end of the server', () => server.pid() === null);
  putBack();
});

test('a server version that the agent was not tried with is an obstacle that says what to do', () => {
  for (const major of [14, 18]) expect(judgeVersion(major)).toEqual([]);
  for (const major of [13, 19])
    expect(judgeVersion(major)).toMatchObject([
      { verdict: 'missing', found: expect.stringMatching(/PostgreSQL \d+ .*Update the agent/) as string },
    ]);
});
