import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { ArchiveHoldWatch, HOLD_MAX_MS } from './restore-command-hold-watch.ts';
import type { ArchiveHoldWatchOptions } from './restore-command-hold-watch.ts';
import { parseConfig } from '../../config.ts';
import { createLog } from '../../log.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-hold-'));
const config = parseConfig(`[agent]\nstate_directory = "${directory}"\n[control]\n`, {});
const AT = '2026-11-21T07:00:00.000Z';
const heldSinceMs = Date.parse(AT);

afterEach(() => rmSync(path.join(directory, 'archive-hold.json'), { force: true }));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type CommandRunner = ArchiveHoldWatchOptions['runner'];
async function askedAt(nowMs: number, performing: CommandRunner['performing'] = []): Promise<unknown[]> {
  const asked: unknown[] = [];
  const performLocally: CommandRunner['performLocally'] = async (request) => {
    asked.push([request.verb, request.args, request.by, request.term]);
    return Promise.resolve({ status: 'done', evidence: {}, tookMs: 1 });
  };
  const runner: CommandRunner = { performing, performLocally };
  await new ArchiveHoldWatch({ config, runner, term: () => 7, log: createLog(() => undefined) }).look(nowMs);
  return asked;
}

test('a hold that nobody ended is ended by the agent, after its time and between commands', async () => {
  expect(await askedAt(heldSinceMs + HOLD_MAX_MS)).toEqual([]);
  writeFileSync(path.join(directory, 'archive-hold.json'), JSON.stringify({ at: AT, own: null, command: 'pgbackrest' }));
  const putBack = [['hold-archive-restore', { held: false }, 'agent', 7]];
  expect(await askedAt(heldSinceMs + HOLD_MAX_MS - 1)).toEqual([]);
  expect(await askedAt(heldSinceMs + HOLD_MAX_MS)).toEqual(putBack);
  expect(await askedAt(heldSinceMs - HOLD_MAX_MS)).toEqual(putBack);
  const busy = [{ command: 'a', verb: 'promote' as const, since: AT }];
  expect(await askedAt(heldSinceMs + HOLD_MAX_MS, busy)).toEqual([]);
});
