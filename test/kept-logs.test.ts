import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keepLogs, logsOf } from './kept-logs.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-logs-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the end of each log is kept under the test’s name; data directories are not walked', () => {
  const lab = path.join(directory, 'lab');
  for (const part of ['nodes/a/log', 'nodes/a/data/log', 'payments']) mkdirSync(path.join(lab, part), { recursive: true });
  writeFileSync(path.join(lab, 'nodes/a/log/agent.log'), `${'x'.repeat(600 * 1024)}the last line\n`);
  writeFileSync(path.join(lab, 'nodes/a/data/log/postgresql.log'), 'not this');
  writeFileSync(path.join(lab, 'payments/pgbouncer.log'), 'pooler\n');
  writeFileSync(path.join(lab, 'payments/secret.key'), 'not this');
  const logs = path.join(directory, 'logs');
  const kept = keepLogs('test/lab/x.lab.test.ts › fails: “badly”', [lab, path.join(directory, 'missing')], logs);
  expect(kept).toBe(path.join(logs, 'test-lab-x.lab.test.ts-fails-badly'));
  const agent = readFileSync(path.join(kept, 'lab/nodes/a/log/agent.log'), 'utf8');
  expect(agent).toHaveLength(512 * 1024);
  expect(agent.endsWith('the last line\n')).toBe(true);
  expect(readFileSync(path.join(kept, 'lab/payments/pgbouncer.log'), 'utf8')).toBe('pooler\n');
  expect(existsSync(path.join(kept, 'lab/nodes/a/data'))).toBe(false);
  expect(existsSync(path.join(kept, 'lab/payments/secret.key'))).toBe(false);
});

test('two names do not become one by accident of length', () => {
  expect(path.basename(logsOf('a'.repeat(300)))).toHaveLength(100);
  expect(logsOf('a › b')).not.toBe(logsOf('a › c'));
});
