/**
 * A lab and Farshore watching it: starts both side by side, introduces the clusters and nodes by the same audited commands that an
 * administrator uses, and starts an agent on every node. Used by the demo, by the incidents in test/lab and by benches.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { runningPostmaster, stopPostmaster } from '../controller/private-database/leftover.ts';
import { createPool } from '../lib/db/ground/pool.ts';
import { createPrisma } from '../lib/db/ground/prisma.ts';
import type { Prisma } from '../lib/db/ground/prisma.ts';
import { measurePatience, patient } from '../setup/patience.ts';
import { choosePort } from '../setup/processes.ts';
import { type Farshore, startFarshore } from '../setup/farshore.ts';
import { enrolLab } from './enrol.ts';
import { writeFenceCommand } from './fence.ts';
import { runtimeDirectoryFor } from './directory.ts';
import { type Lab, startLab } from './lab.ts';
import { canUse, serverUser } from './os-user.ts';

export interface WatchedLabOptions {
  /** Holds the lab in `lab/` and Farshore in `control/`; both are removed by `stop`. */
  dir: string;
  addressRange?: string;
  clusters?: readonly string[];
  regions?: readonly string[];
  workloadTps?: number;
  web: { host: string; port: number };
  /** The first port that is tried for the agents' gateway; its health port is a few above. */
  gatewayPort?: number;
  /** Runs when the servers are up and nobody watches them yet. */
  beforeAgents?: (lab: Lab) => Promise<void>;
  log: (line: string) => void;
  /** Called when it does not come up, with each directory that is about to be removed. */
  onFailedStart?: (directory: string) => void;
}

export interface WatchedLab {
  lab: Lab;
  farshore: Farshore;
  /** Where Farshore keeps its keys, logs and database. */
  controlDir: string;
  /** On the control database, as its owner. */
  pool: Pool;
  prisma: Prisma;
  stop: () => Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const LOOPBACK = '127.0.0.1';
const GATEWAY_PORT = 7443;
const HEALTH_PORT_ABOVE_GATEWAY = 37;

/** Resolves when every agent runs. On failure everything that was started is gone again. */
export async function startWatchedLab(options: WatchedLabOptions): Promise<WatchedLab> {
  const { dir, log } = options;
  log(await measurePatience());
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const controlDir = controlDirectoryFor(dir);
  await removeControl(controlDir);
  mkdirSync(controlDir, { recursive: true, mode: 0o711 });

  const stops: (() => Promise<void>)[] = [() => removeControl(controlDir)];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step().catch((error: unknown) => log(`While stopping: ${String(error)}`));
  };
  const gatewayPort = options.gatewayPort ?? GATEWAY_PORT;
  const gateway = {
    host: LOOPBACK,
    port: await choosePort(LOOPBACK, gatewayPort, false, 'the gateway'),
    names: [LOOPBACK, 'controller.farshore.lab'],
    healthPort: await choosePort(LOOPBACK, gatewayPort + HEALTH_PORT_ABOVE_GATEWAY, false, 'the health port'),
  };
  const labOptions = {
    dir: join(dir, 'lab'),
    log,
    ...(options.addressRange === undefined ? {} : { addressRange: options.addressRange }),
    ...(options.clusters === undefined ? {} : { clusters: options.clusters }),
    ...(options.regions === undefined ? {} : { regions: options.regions }),
    ...(options.workloadTps === undefined ? {} : { workloadTps: options.workloadTps }),
    ...(options.onFailedStart === undefined ? {} : { onFailedStart: options.onFailedStart }),
  };
  // Both at once: the lab waits for disks and the controller for the compiler of JavaScript.
  const [lab, farshore] = await Promise.allSettled([
    startLab(labOptions),
    startFarshore({
      dir: controlDir,
      web: options.web,
      gateway,
      databaseUrl: undefined,
      webDatabaseUrl: undefined,
      fenceCommand: writeFenceCommand(join(controlDir, 'fence'), labOptions.dir),
      secret: randomBytes(32).toString('base64url'),
      log,
    }),
  ]);
  if (lab.status === 'fulfilled') stops.push(() => lab.value.stopAll());
  if (farshore.status === 'fulfilled') stops.push(() => farshore.value.stop());
  try {
    if (lab.status === 'rejected') throw lab.reason;
    if (farshore.status === 'rejected') throw farshore.reason;
    const pool = createPool(farshore.value.databaseUrl, {
      max: 4,
      applicationName: 'farshore-lab',
      connectTimeoutMs: patient(CONNECT_TIMEOUT_MS),
    });
    stops.push(() => pool.end());
    const prisma = createPrisma(farshore.value.databaseUrl);
    stops.push(() => prisma.$disconnect());
    const { gatewayUrl, caFingerprint } = farshore.value;
    await options.beforeAgents?.(lab.value);
    await enrolLab({ lab: lab.value, prisma, gatewayUrl, caFingerprint, log });
    return { lab: lab.value, farshore: farshore.value, controlDir, pool, prisma, stop };
  } catch (error) {
    options.onFailedStart?.(controlDir);
    if (lab.status === 'fulfilled') options.onFailedStart?.(lab.value.dir);
    await stop();
    throw error;
  }
}

/** Beside the lab where the servers' OS user can enter, else (a checkout under /root) under /var/tmp. */
function controlDirectoryFor(dir: string): string {
  return canUse(serverUser(), dir) ? join(dir, 'control') : runtimeDirectoryFor(join(dir, 'control'));
}

/** Also after a demo that was killed: its control database may still run. */
async function removeControl(controlDir: string): Promise<void> {
  const dataDir = join(controlDir, 'database', 'data');
  const leftover = existsSync(dataDir) ? runningPostmaster(realpathSync(dataDir)) : null;
  if (leftover !== null) await stopPostmaster(leftover);
  rmSync(controlDir, { recursive: true, force: true });
}
