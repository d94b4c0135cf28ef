import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { migrationNames } from './schema-watch.ts';

const MIGRATIONS_DIR = path.join(import.meta.dirname, '../../../prisma/migrations');
/** Released before migrations said it; an applied migration never changes. */
const BEFORE_BREAKING_WAS_SAID = '20261121030000_journal_breaks';

test('every migration says in its first line whether it is breaking, and why (docs/decisions/0027)', () => {
  for (const name of migrationNames(MIGRATIONS_DIR).filter((migration) => migration > BEFORE_BREAKING_WAS_SAID)) {
    const [first] = readFileSync(path.join(MIGRATIONS_DIR, name, 'migration.sql'), 'utf8').split('\n');
    expect(first, name).toMatch(/^-- breaking: (no$|yes\b.{10,})/);
  }
});
