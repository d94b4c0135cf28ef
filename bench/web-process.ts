/** The built web application (`next start`) for a bench: started on a free port, with one account, signed in to without a browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { applyGrants } from '../lib/db/ground/grants.ts';
import { inTransaction } from '../lib/db/ground/pool.ts';
import { answersAs, waitUntil } from '../setup/processes.ts';
import { freePort } from '../test/live-postgres.ts';

const ROOT = path.join(import.meta.dirname, '..');
const READY_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 8_000;

export interface Account {
  email: string;
  password: string;
}

/** Grants of the web role and one account, which may read everything. */
export async function prepareAccount(databaseUrl: string, webDatabaseUrl: string): Promise<Account> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const account = { email: 'bench@farshore.example', password: randomBytes(18).toString('base64url') };
  try {
    await inTransaction(pool, (client) => applyGrants(client, new URL(webDatabaseUrl).username));
    await pool.query("INSERT INTO app_user (email, name, role, password_hash) VALUES ($1, 'Bench', 'viewer', $2)", [
      account.email,
      await hash(account.password),
    ]);
  } finally {
    await pool.end();
  }
  return account;
}

export interface RunningWeb {
  url: string;
  pid: number;
  stop: () => Promise<void>;
}

/** Resolves when it answers. What it says goes to `logFile`. */
export async function startWeb(webDatabaseUrl: string, logFile: string): Promise<RunningWeb> {
  const port = await freePort();
  const instance = randomBytes(8).toString('hex');
  const url = `http://127.0.0.1:${port}`;
  const web = spawn(
    process.execPath,
    [path.join(ROOT, 'node_modules/next/dist/bin/next'), 'start', '-H', '127.0.0.1', '-p', String(port)],
    {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        FARSHORE_WEB_DATABASE_URL: webDatabaseUrl,
        FARSHORE_INSTANCE: instance,
        NEXTAUTH_URL: url,
        NEXTAUTH_SECRET: randomBytes(32).toString('base64url'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const log = createWriteStream(logFile);
  for (const stream of [web.stdout, web.stderr]) stream?.pipe(log, { end: false });
  try {
    await waitUntil(`The web application's answer on ${url}`, READY_DEADLINE_MS, () => answersAs(instance, `${url}/api/health`));
  } catch (error) {
    await stopProcess(web);
    throw error;
  }
  return { url, pid: web.pid ?? 0, stop: () => stopProcess(web) };
}

/** Signs in as the form does. @returns the value of the header `cookie` for what follows. */
export async function sessionCookie(url: string, account: Account): Promise<string> {
  const cookies = new Map<string, string>();
  const header = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const keep = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s);
      if (name !== undefined && value !== undefined) cookies.set(name, value);
    }
    return response;
  };
  const csrf = (await keep(await fetch(`${url}/api/auth/csrf`)).json()) as { csrfToken: string };
  keep(
    await fetch(`${url}/api/auth/callback/credentials`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: header(), origin: url },
      body: new URLSearchParams({ csrfToken: csrf.csrfToken, ...account, json: 'true' }),
    }),
  );
  const session = await fetch(`${url}/api/session`, { headers: { cookie: header() } });
  if (!session.ok) throw new Error(`Signing in at ${url} did not work: /api/session answered ${session.status}.`);
  return header();
}

/** SIGTERM, then SIGKILL after the deadline. Resolves when the process is gone. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await once(child, 'exit');
  clearTimeout(timer);
}
