/** A controller that runs while a newer release upgrades the control database under it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pino } from 'pino';
import { startController } from '../../controller/start.ts';
import { SCHEMA_CHANNEL } from '../../lib/db/ground/channels.ts';
import { startControllerFixture, waitFor } from '../controller-fixture.ts';
import type { ControllerFixture } from '../controller-fixture.ts';

let fixture: ControllerFixture;
beforeAll(async () => {
  fixture = await startControllerFixture();
});
afterAll(async () => {
  await fixture?.stop();
});

/** The state that a newer release leaves when it applies a migration. */
async function newerRelease(name: string, breaking: boolean): Promise<void> {
  await fixture.pool.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count, breaking) VALUES ($1, 'x', $2, now(), 1, $3)`,
    [randomUUID(), name, breaking],
  );
  await fixture.pool.query('SELECT pg_notify($1, $2)', [SCHEMA_CHANNEL, name]);
}

async function problems(): Promise<string[]> {
  const { rows } = await fixture.pool.query<{ problems: string[] }>(`SELECT report->'problems' AS problems FROM controller_instance`);
  return rows.flatMap((row) => row.problems);
}

test('continues beside it, says so, starts again beside it and leaves the web its new rights; ends when it can’t', async () => {
  await fixture.pool.query(
    'CREATE ROLE farshore_web LOGIN; CREATE TABLE of_the_newer_release (id int); GRANT SELECT ON of_the_newer_release TO farshore_web',
  );
  await newerRelease('29991231000000_additive', false);
  await waitFor('the older controller to say so', async () =>
    (await problems()).some((problem) => problem.includes('29991231000000_additive')) ? true : null,
  );

  const outdated: string[] = [];
  const settings = { DATABASE_URL: fixture.databaseUrl, FARSHORE_DIR: fixture.dir, FARSHORE_HEALTH_PORT: '0' };
  const gateway = { FARSHORE_GATEWAY_HOST: '127.0.0.1', FARSHORE_GATEWAY_PORT: '0' };
  const again = await startController(
    { ...settings, ...gateway },
    { log: pino({ level: 'silent' }), onOutdated: (sentence) => void outdated.push(sentence) },
  );
  try {
    const { rows } = await fixture.pool.query(`SELECT has_table_privilege('farshore_web', 'of_the_newer_release', 'SELECT') AS may`);
    expect(rows).toEqual([{ may: true }]);
    expect(outdated).toEqual([]);
    await newerRelease('29991231000001_removes', true);
    await waitFor('the word that it can’t continue', async () => (outdated.length > 0 ? true : null));
    expect(outdated[0]).toMatch(/29991231000001_removes changed it in a way that this version cannot work with/);
  } finally {
    await again.stop();
  }
  await expect(startController({ ...settings, ...gateway }, { log: pino({ level: 'silent' }) })).rejects.toThrow(/29991231000001_removes/);
});
