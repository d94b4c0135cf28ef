/**
 * Starts a whole controller in this process: control database, migrations, authority, gateway, collection, leadership and health.
 * Used by main.ts, and by tests and the demo in-process.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from 'pino';
import { readControllerConfig, type ControllerConfig } from '../lib/config/controller.ts';
import { COMMAND_CHANNEL, FLEET_CHANNEL, INGEST_CHANNEL, OPERATION_CHANNEL, parseIngestPayload } from '../lib/db/ground/channels.ts';
import { beatController, forgetController } from '../lib/db/fleet/controllers.ts';
import { applyGrants, roleExists } from '../lib/db/ground/grants.ts';
import { recordInstallation } from '../lib/db/ground/installation.ts';
import { listen } from '../lib/db/ground/listen.ts';
import { applyMigrations, knownMigrations } from '../lib/db/ground/migrations.ts';
import { makePartitionsAhead } from '../lib/db/ground/partitions.ts';
import { createPool, inTransaction } from '../lib/db/ground/pool.ts';
import { watchSchema } from '../lib/db/ground/schema-watch.ts';
import packageInfo from '../package.json' with { type: 'json' };
import { Intake } from './collection/intake.ts';
import { LiveState } from './collection/live-state.ts';
import { openExecution } from './execution/open.ts';
import { FleetDirectory, type KnownNode } from './fleet-directory.ts';
import { CommandMailbox } from './gateway/command-mailbox.ts';
import { createGateway } from './gateway/gateway.ts';
import { serveHealth } from './health.ts';
import { HealthRecord } from './health-record.ts';
import { runForLeader } from './leader.ts';
import { Leading } from './leading.ts';
import { maintain } from './maintenance.ts';
import { repeat } from './periodic.ts';
import { openAuthority } from './pki/certificate-authority.ts';
import { openCommandSigner } from './pki/command-signer.ts';
import { startPrivatePostgres } from './private-postgres.ts';

const POOL_CONNECTIONS_MAX = 10;
/** A frozen database must not hold a flush or an evaluation for longer than agents wait anyway. */
const QUERY_TIMEOUT_MS = 8_000;
const HEARTBEAT_EVERY_MS = 2_000;
const GATEWAY_GRACE_MS = 2_000;
/** A roll-up under way is cut off after this: its transaction is rolled back and done again by the next leader. */
const MAINTENANCE_STOP_MS = 1_000;
const POOL_END_MS = 1_000;
const NEWER_RELEASE =
  'A newer release of Farshore has upgraded the control database. This controller keeps running beside it; upgrade it soon (docs/upgrade.md).';

export interface RunningController {
  /** The first configured name, and the port that is really listened on. */
  gatewayUrl: string;
  caFingerprint: string;
  caPem: string;
  databaseUrl: string;
  /** The narrow role of the web process; `null` with an external DATABASE_URL, whose owner knows it. */
  webDatabaseUrl: string | null;
  healthUrl: string;
  /** Graceful: answers in flight are finished, the leadership is handed over. Takes under 5 s. */
  stop(): Promise<void>;
}

/** Starts everything or nothing: on failure stops what had started, and throws with a sentence. */
export async function startController(
  env: Readonly<Record<string, string | undefined>>,
  { log, onOutdated = () => undefined }: { log: Logger; onOutdated?: (sentence: string) => void },
): Promise<RunningController> {
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      for (const step of stops.toReversed()) await step().catch((error: unknown) => log.warn({ err: error }, 'while stopping'));
      log.info('the controller has stopped');
    })());
  try {
    return { ...(await startParts(readControllerConfig(env), stops, log, onOutdated)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stops = (() => Promise<void>)[];

async function startParts(
  config: ControllerConfig,
  stops: Stops,
  log: Logger,
  onOutdated: (sentence: string) => void,
): Promise<Omit<RunningController, 'stop'>> {
  const database = await openDatabase(config, stops, log);
  const pki = join(config.dir, 'pki');
  const [authority, signer] = [await openAuthority(pki), await openCommandSigner(pki)];
  const pool = createPool(database.url, {
    max: POOL_CONNECTIONS_MAX,
    applicationName: 'farshore controller',
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    onIdleError: (error) => log.warn({ err: error }, 'a connection to the control database broke'),
  });
  stops.push(() => within(POOL_END_MS, pool.end()));
  await inTransaction(pool, (client) => makePartitionsAhead(client, Date.now()));
  let newerMigrations: string[] = [];
  const schema = watchSchema({
    ...{ url: database.url, client: pool, known: knownMigrations(), applicationName: 'farshore controller schema' },
    onCompared: ({ newer, problem }) => {
      if (problem !== null) onOutdated(problem);
      else if (newer.length > newerMigrations.length) log.warn({ newer }, NEWER_RELEASE);
      newerMigrations = newer;
    },
    onError: (error) => log.warn({ err: error }, 'the history of the control database could not be read'),
  });
  stops.push(() => schema.stop());

  const fleet = new FleetDirectory(pool, log);
  await fleet.start();
  stops.push(async () => fleet.stop());
  const live = new LiveState();
  const instance = { id: randomUUID(), host: hostname(), version: packageInfo.version, startedAt: new Date() };
  const intake = new Intake({ pool, live, rawRetentionMs: config.retention.rawMs, onNews: (ids) => leading.notice(ids), log });
  const mailbox = new CommandMailbox();
  const { fenceCommand } = config;
  const onMoved = async (clusterId: number): Promise<void> => {
    await fleet.refresh().catch(() => fleet.changed());
    leading.notice([clusterId]);
  };
  const execution = openExecution({
    databaseUrl: database.url,
    fleet,
    live,
    mailbox,
    signer,
    fenceCommand,
    controller: instance.id,
    onMoved,
    log,
  });
  stops.push(() => within(POOL_END_MS, execution.close()));
  const { executor, steward } = execution;
  const resign = (reason: string): void => election.resign(reason);
  const leading = new Leading({ pool, fleet, live, intake, executor, steward, ownId: instance.id, resign, log });

  const listener = listen(
    database.url,
    [FLEET_CHANNEL, INGEST_CHANNEL, OPERATION_CHANNEL, COMMAND_CHANNEL],
    (notice) => {
      if (notice.kind === 'listening') {
        fleet.changed();
        leading.noticeForeign('*');
        executor.lookAgain();
        mailbox.lookAll();
      } else if (notice.channel === FLEET_CHANNEL) fleet.changed();
      else if (notice.channel === OPERATION_CHANNEL) executor.noticed(notice.payload);
      else if (notice.channel === COMMAND_CHANNEL) execution.commandNotice(notice.payload);
      else leading.noticeForeign(parseIngestPayload(notice.payload));
    },
    {
      applicationName: 'farshore controller listen',
      onError: (error) => log.warn({ err: error }, 'the notices of the database are interrupted'),
    },
  );
  stops.push(() => listener.stop());

  const onBreakGlass = ({ cluster }: KnownNode): void => leading.notice([cluster.id]);
  const names = config.gatewayNames;
  const gateway = await createGateway({ pool, authority, signer, mailbox, fleet, intake, names, onBreakGlass, log });
  stops.push(async () => {
    const closing = gateway.close(GATEWAY_GRACE_MS);
    await intake.queue.close();
    await closing;
  });
  const gatewayPort = await gateway.listen(config.gatewayHost, config.gatewayPort);
  const gatewayUrl = `https://${bracketed(config.gatewayNames[0] ?? 'localhost')}:${gatewayPort}`;
  await recordInstallation(pool, { caFingerprint: authority.caFingerprint, gatewayUrl, gatewayNames: config.gatewayNames }, new Date());

  const election = runForLeader(database.url, { onGained: (epoch) => leading.gained(epoch), onLost: () => void leading.lost() }, log);
  stops.push(async () => {
    await leading.lost();
    await election.stop();
  });
  const maintenance = maintain({ databaseUrl: database.url, retention: config.retention, isLeader: election.isLeader, log });
  stops.push(() => within(MAINTENANCE_STOP_MS, maintenance.stop()));

  const health = new HealthRecord({
    gateway,
    mailbox,
    executor,
    intake,
    leading,
    isLeader: election.isLeader,
    version: instance.version,
    newerMigrations: () => newerMigrations,
  });
  const reportFacts = {
    dir: config.dir,
    privateDatabase: config.databaseUrl === null,
    fenceCommandConfigured: fenceCommand !== null,
    retention: config.retention,
  };
  const heartbeat = repeat('heartbeat', HEARTBEAT_EVERY_MS, log, async () => {
    const report = await health.controllerReport(reportFacts);
    await beatController(pool, { ...instance, at: new Date(), leader: election.isLeader(), report });
    await leading.lookForOthers(Date.now());
    health.databaseAnswered();
  });
  stops.push(async () => {
    await heartbeat.stop();
    await forgetController(pool, instance.id);
  });
  const healthServer = await serveHealth(config.healthHost, config.healthPort, () => health.report());
  stops.push(() => healthServer.close());

  const healthUrl = `http://${bracketed(config.healthHost)}:${healthServer.port}/healthz`;
  log.info({ gatewayUrl, healthUrl, caFingerprint: authority.caFingerprint }, 'the controller is ready');
  const { caFingerprint, caPem } = authority;
  return { gatewayUrl, caFingerprint, caPem, databaseUrl: database.url, webDatabaseUrl: database.webUrl, healthUrl };
}

async function openDatabase(config: ControllerConfig, stops: Stops, log: Logger): Promise<{ url: string; webUrl: string | null }> {
  let { databaseUrl: url } = config;
  let webUrl: string | null = null;
  if (url === null) {
    const started = await startPrivatePostgres({ dir: join(config.dir, 'database'), log: (line) => log.info(line) });
    stops.push(() => started.stop());
    ({ url, webUrl } = started);
  }
  const { applied, newer } = await applyMigrations(url);
  if (applied.length > 0) log.info({ applied }, 'migrations were applied');
  // The grants are the newer release's: by our older list its web process would lose some.
  if (newer.length === 0) await grantToWeb(url, config.webRole, log);
  return { url, webUrl };
}

async function grantToWeb(url: string, webRole: string, log: Logger): Promise<void> {
  const pool = createPool(url, { max: 1, applicationName: 'farshore grants' });
  try {
    if (await roleExists(pool, webRole)) await inTransaction(pool, (client) => applyGrants(client, webRole));
    else
      log.warn(
        `The web process has no database role yet. Run as superuser: CREATE ROLE ${pg.escapeIdentifier(webRole)} LOGIN PASSWORD '…'; then start again.`,
      );
  } finally {
    await pool.end();
  }
}

/** Resolves with `work`, or after `ms`: what hangs must not hold up the shutdown. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
