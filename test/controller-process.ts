/** A controller in a process of its own, as it is in production, so that a test may kill it. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { freePort, waitFor } from './live-postgres.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const READY_MS = 20_000;
const STOP_MS = 8_000;

export interface ControllerSettings {
  databaseUrl: string;
  dir: string;
  gatewayPort: number;
}

export class ControllerProcess {
  readonly child: ChildProcess;
  readonly healthUrl: string;
  #log = '';

  private constructor(child: ChildProcess, healthUrl: string) {
    this.child = child;
    this.healthUrl = healthUrl;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-200_000)));
  }

  /** The end of its output. */
  get log(): string {
    return this.#log;
  }

  get killed(): boolean {
    return this.child.signalCode === 'SIGKILL';
  }

  /** Starts it and waits until it leads. `env` may hold FARSHORE_KILL_AT. */
  static async start({ databaseUrl, dir, gatewayPort }: ControllerSettings, env: Record<string, string> = {}): Promise<ControllerProcess> {
    const healthPort = await freePort();
    const child = spawn(process.execPath, [path.join(ROOT, 'controller/main.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        FARSHORE_DIR: dir,
        FARSHORE_GATEWAY_HOST: '127.0.0.1',
        FARSHORE_GATEWAY_PORT: String(gatewayPort),
        FARSHORE_GATEWAY_NAMES: 'localhost,127.0.0.1',
        FARSHORE_HEALTH_PORT: String(healthPort),
        FARSHORE_LOG_LEVEL: 'debug',
        ...env,
      },
    });
    const controller = new ControllerProcess(child, `http://127.0.0.1:${healthPort}/healthz`);
    await waitFor('a controller that leads', () => controller.#leads(), READY_MS).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${controller.log.slice(-4_000)}`);
    });
    return controller;
  }

  async #leads(): Promise<true | null> {
    // One that was told to die early may be gone before anybody asks.
    if (this.child.exitCode !== null || this.child.signalCode !== null) return true;
    const answer = await fetch(this.healthUrl).catch(() => null);
    const health = answer === null ? null : ((await answer.json()) as { leader?: boolean });
    return health?.leader === true ? true : null;
  }

  /** Waits until it is gone. */
  async gone(timeoutMs: number): Promise<void> {
    await waitFor('the controller to end', () => (this.child.exitCode === null && this.child.signalCode === null ? null : true), timeoutMs);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await this.gone(STOP_MS).catch(() => this.child.kill('SIGKILL'));
  }
}
