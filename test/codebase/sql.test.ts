/** Keeps SQL in lib/db alone: a search for a statement, or for a table, has one place to look. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PLACES = ['app', 'components', 'controller', 'lib', 'instrumentation.ts', 'proxy.ts'];
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...PLACES], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /[.]tsx?$/.test(file) && !/[.]test[.]tsx?$/.test(file) && !file.startsWith('lib/db/'))
  .filter((file) => existsSync(path.join(ROOT, file)));

const SENDS = /[.]query(<[^;]*?>)?\(|\$(query|execute)Raw|\bpg_notify\b/;
/** A literal that begins like a statement. Prose begins with no verb in capitals. */
const STATEMENT =
  /['"`]\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE INTO|LISTEN|NOTIFY|LOCK|CREATE|ALTER|DROP|GRANT|REVOKE|TRUNCATE|CALL|SET)\s+[\w"$*([]/;
/** The domain sends nothing (an import rule keeps it pure): its statements are what a person is told to run on a server. */
const sqlIn = (file: string, text: string): boolean => SENDS.test(text) || (!file.startsWith('lib/domain/') && STATEMENT.test(text));

test('nothing outside lib/db sends or writes SQL', () => {
  expect(files.length).toBeGreaterThan(400);
  expect(files.filter((file) => sqlIn(file, readFileSync(path.join(ROOT, file), 'utf8')))).toEqual([]);
});

test.each([
  'const { rows } = await db.query<{ slug: string }>(text, [slug]);',
  'await client.query(SQL);',
  'const CLUSTER = `\n  SELECT c.slug FROM cluster c`;',
  "const sql = 'UPDATE cluster SET name = $1';",
  'await tx.$executeRaw`DELETE FROM cluster`;',
  "`${notify} pg_notify('farshore_live', '')`",
])('a planted line is found: %s', (line) => {
  for (const file of ['lib/queries/planted.ts', 'controller/planted.ts', 'lib/audit/planted.ts']) expect(sqlIn(file, line)).toBe(true);
});
