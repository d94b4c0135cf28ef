import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isGone, readProcessStat } from './process-stat.ts';

test('of this process: its parent, and a start that does not change', () => {
  const stat = readProcessStat(process.pid);
  expect(stat?.parentPid).toBe(process.ppid);
  expect(stat?.startTicks).toMatch(/^\d+$/);
  expect(stat?.residentPages).toBeGreaterThan(100);
  expect(readProcessStat(process.pid)?.startTicks).toBe(stat?.startTicks);
  expect(stat !== null && isGone(stat)).toBe(false);
});

test('a name with spaces and parentheses moves no field', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-stat-'));
  const program = path.join(directory, 'a) S 1 (b');
  copyFileSync('/bin/sleep', program);
  const child = spawn(program, ['60']);
  try {
    await new Promise((resolve) => child.once('spawn', resolve));
    expect(readProcessStat(child.pid ?? 0)?.parentPid).toBe(process.pid);
  } finally {
    child.kill();
    rmSync(directory, { recursive: true });
  }
});

test('no such process', () => expect(readProcessStat(2 ** 22 + 1)).toBeNull());
