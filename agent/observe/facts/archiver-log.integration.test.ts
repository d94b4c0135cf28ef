/** The archiver's reason in the log of a real server that speaks German, logs as CSV only, or speaks English. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresBinDir, startPostgres, waitFor } from '../../../test/live-postgres.ts';
import type { LivePostgres } from '../../../test/live-postgres.ts';
import { Session } from '../session.ts';
import { readArchiverLog } from './archiver-log.ts';

const DEADLINE_MS = 5000;
const LOCALE = 'de_DE.UTF-8';
const major = /\/(\d+)\/bin/.exec(postgresBinDir())?.[1] ?? 'unknown';
const canSpeakGerman = existsSync('/usr/share/i18n/locales/de_DE') && existsSync(`/usr/share/locale/de/LC_MESSAGES/postgres-${major}.mo`);

let server: LivePostgres;
let session: Session;
let locales: string;
const before = process.env['LOCPATH'];

describe.skipIf(!canSpeakGerman)('a server that speaks German', () => {
  beforeAll(async () => {
    locales = mkdtempSync(path.join(os.tmpdir(), 'farshore-locales-'));
    chmodSync(locales, 0o755);
    execFileSync('localedef', ['-i', 'de_DE', '-f', 'UTF-8', path.join(locales, LOCALE)]);
    process.env['LOCPATH'] = locales;
    server = await startPostgres({
      settings: {
        ...{ archive_mode: 'on', archive_command: "'false'", logging_collector: 'on', log_filename: "'server.log'" },
        ...{ lc_messages: `'${LOCALE}'` },
      },
    });
    session = new Session({ host: server.socketDir, port: server.port, user: 'postgres', database: 'postgres' });
    await session.ready(DEADLINE_MS);
    await server.sql('select pg_switch_wal()');
  });
  afterAll(async () => {
    await session?.end();
    await server?.stop();
    if (before === undefined) delete process.env['LOCPATH'];
    else process.env['LOCPATH'] = before;
    rmSync(locales, { recursive: true, force: true });
  });

  const look = () => readArchiverLog(session, undefined, server.dataDir, DEADLINE_MS);
  const setting = (name: string, value: string) =>
    server.sql(`alter system set ${name} = '${value}'`).then(() => server.sql('select pg_reload_conf()'));

  test('its reason is unknown, with what to set, and in English it is read', async () => {
    const file = path.join(server.dataDir, 'log', 'server.log');
    await waitFor('a German line about the archiver', () => /Archivbefehl ist fehlgeschlagen/.test(readFileSync(file, 'utf8')));
    expect(await look()).toMatchObject({
      lines: [],
      message: expect.stringMatching(/^The server logs in de_DE\.UTF-8: the reason can’t be read/) as string,
    });

    await setting('lc_messages', 'C');
    const read = await waitFor('an English line', async () => {
      const found = await look();
      return found.lines.length > 0 ? found : null;
    });
    expect(read).toMatchObject({ message: null });
    expect(read.lines.join('\n')).toMatch(/archive command failed with exit code 1/);
  });

  test('a log in CSV only can’t be read either', async () => {
    await setting('log_destination', 'csvlog');
    const found = await waitFor('the sentence', async () => {
      const one = await look();
      return one.message === null ? null : one;
    });
    expect(found).toMatchObject({ lines: [], message: expect.stringMatching(/logs as csvlog only.*Add stderr/) as string });
  });
});
