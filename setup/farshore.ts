/**
 * Farshore on one machine: control database (a private one unless a URL is given), controller and web application, each a
 * process of its own with its own credentials. Used by `npm start` and by the demo.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openAuthority } from '../controller/pki/certificate-authority.ts';
import { startPrivatePostgres } from '../controller/private-postgres.ts';
import { ROOT } from './build.ts';
import { type SupervisedProcess, answersAs, supervise, waitUntil } from './processes.ts';

export interface FarshoreOptions {
  /** Holds the control database, the authority's key and the logs. */
  dir: string;
  web: { host: string; port: number; url?: string };
  gateway: { host: string; port: number; names: readonly string[]; healthHost?: string; healthPort?: number };
  /** The owner's URL; `undefined` = start a private PostgreSQL in `dir`. */
  databaseUrl: string | undefined;
  /** The URL of the web application's own, narrow role; needed when `databaseUrl` is given. */
  webDatabaseUrl: string | undefined;
  /** For the controller: what powers a node off, called with cluster and node. */
  fenceCommand?: string;
  /** Signs sessions; 32 characters or more. */
  secret: string;
  log: (line: string) => void;
}

export interface Farshore {
  url: string;
  gatewayUrl: string;
  databaseUrl: string;
  caFingerprint: string;
  controller: SupervisedProcess;
  web: SupervisedProcess;
  /** Given to the controller at each of its starts: tests put fault points in here. */
  controllerEnvironment: Record<string, string>;
  stop: () => Promise<void>;
}

const CONTROLLER_READY_MS = 60_000;
const WEB_READY_MS = 30_000;
const CONTROLLER_STOP_MS = 8_000;
const WEB_STOP_MS = 6_000;
const DEFAULT_HEALTH_PORT = 7480;

/** Starts everything and resolves when the web application answers. On failure stops what it started and throws. */
export async function startFarshore(options: FarshoreOptions): Promise<Farshore> {
  if (options.databaseUrl !== undefined && options.webDatabaseUrl === undefined) {
    throw new Error(
      'DATABASE_URL is set, but FARSHORE_WEB_DATABASE_URL is not: the web application needs a role of its own that may not write samples or keys. ' +
        'Create it (CREATE ROLE farshore_web LOGIN PASSWORD …) and give its URL.',
    );
  }
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step().catch((error: unknown) => options.log(`While stopping: ${String(error)}`));
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: FarshoreOptions, stops: (() => Promise<void>)[]): Promise<Omit<Farshore, 'stop'>> {
  const { log } = options;
  let urls = { owner: options.databaseUrl ?? '', web: options.webDatabaseUrl ?? '' };
  if (options.databaseUrl === undefined) {
    log('Starting the control database (a private PostgreSQL) …');
    const database = await startPrivatePostgres({ dir: path.join(options.dir, 'database'), log });
    stops.push(() => database.stop());
    urls = { owner: database.url, web: database.webUrl };
  }

  const instance = randomBytes(12).toString('base64url');
  const healthUrl = `http://${options.gateway.healthHost ?? '127.0.0.1'}:${options.gateway.healthPort ?? DEFAULT_HEALTH_PORT}/healthz`;
  const controllerEnvironment: Record<string, string> = {
    ...passedOn(),
    FARSHORE_INSTANCE: instance,
    DATABASE_URL: urls.owner,
    FARSHORE_DIR: options.dir,
    FARSHORE_GATEWAY_HOST: options.gateway.host,
    FARSHORE_GATEWAY_PORT: String(options.gateway.port),
    FARSHORE_GATEWAY_NAMES: options.gateway.names.join(','),
    FARSHORE_HEALTH_HOST: options.gateway.healthHost ?? '127.0.0.1',
    FARSHORE_HEALTH_PORT: String(options.gateway.healthPort ?? DEFAULT_HEALTH_PORT),
    ...fenceCommand(options.fenceCommand),
  };
  const controller = supervise({
    name: 'controller',
    command: process.execPath,
    args: [path.join(ROOT, 'controller/main.ts')],
    cwd: ROOT,
    env: controllerEnvironment,
    logFile: path.join(options.dir, 'log', 'controller.log'),
    log,
  });
  stops.push(() => controller.stop(CONTROLLER_STOP_MS));
  log('Starting the controller …');
  await waitUntil(`The controller's answer on ${healthUrl} (log: ${options.dir}/log/controller.log)`, CONTROLLER_READY_MS, () =>
    isReady(controller, path.join(options.dir, 'log', 'controller.log'), instance, healthUrl),
  );
  const { caFingerprint } = await openAuthority(path.join(options.dir, 'pki'));

  const localUrl = `http://${options.web.host}:${options.web.port}`;
  const url = options.web.url ?? localUrl;
  const web = supervise({
    name: 'web application',
    command: process.execPath,
    args: [path.join(ROOT, 'node_modules/next/dist/bin/next'), 'start', '-H', options.web.host, '-p', String(options.web.port)],
    cwd: ROOT,
    env: {
      ...passedOn(),
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      FARSHORE_INSTANCE: instance,
      FARSHORE_WEB_DATABASE_URL: urls.web,
      NEXTAUTH_URL: url,
      NEXTAUTH_SECRET: options.secret,
      HOST: options.web.host,
      PORT: String(options.web.port),
    },
    logFile: path.join(options.dir, 'log', 'web.log'),
    log,
  });
  stops.push(() => web.stop(WEB_STOP_MS));
  log('Starting the web application …');
  await waitUntil(`The web application's answer on ${localUrl} (log: ${options.dir}/log/web.log)`, WEB_READY_MS, () =>
    isReady(web, path.join(options.dir, 'log', 'web.log'), instance, `${localUrl}/api/health`),
  );

  return {
    url,
    gatewayUrl: `https://${options.gateway.names[0] ?? options.gateway.host}:${options.gateway.port}`,
    databaseUrl: urls.owner,
    caFingerprint,
    controller,
    web,
    controllerEnvironment,
  };
}

/** Throws when it ended instead, with its own last words. */
async function isReady(process: SupervisedProcess, logFile: string, instance: string, url: string): Promise<boolean> {
  const answered = await answersAs(instance, url);
  if (process.crashes() > 0)
    throw new Error(`The ${process.name} ended while it started. The end of its log (${logFile}):\n${tailOf(logFile)}`);
  return answered;
}

/** The one given, or that of our own environment (`npm start`). */
function fenceCommand(given: string | undefined): Record<string, string> {
  const command = given ?? process.env['FARSHORE_FENCE_COMMAND'];
  return command === undefined ? {} : { FARSHORE_FENCE_COMMAND: command };
}

function tailOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-1500) : '(no log)';
}

/** Of our own environment a child gets what programs need to run, and no credential. */
function passedOn(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER', 'LOGNAME'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
