/** Builds the answer of /healthz: collected from the parts at the moment of the question, with rates over the last seconds. */
import { statfs } from 'node:fs/promises';
import type { RetentionConfig } from '../lib/config/controller.ts';
import type { ControllerReport } from '../lib/domain/own-health/model.ts';
import type { Intake } from './collection/intake.ts';
import type { Executor } from './execution/executor.ts';
import type { CommandMailbox } from './gateway/command-mailbox.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { HealthReport } from './health.ts';
import type { Leading } from './leading.ts';

/** Two heartbeats missed, and a little more. */
const DATABASE_SILENT_MS = 6_000;
/** The leader writes views each second; a pass of a large fleet may take longer. */
const VIEWS_OLD_MS = 5_000;
const STARTING_MS = 10_000;
const RATE_WINDOW_MS = 5_000;

export interface HealthParts {
  gateway: Gateway;
  mailbox: CommandMailbox;
  executor: Executor;
  intake: Intake;
  leading: Leading;
  isLeader: () => boolean;
  version: string;
  /** Migrations of a newer release that the control database has. */
  newerMigrations: () => readonly string[];
}

export class HealthRecord {
  readonly #parts: HealthParts;
  readonly #startedAtMs = performance.now();
  #databaseAnsweredAtMs = performance.now();
  #rate = { atMs: performance.now(), samples: 0, perSecond: 0 };

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** The heartbeat was written. */
  databaseAnswered(): void {
    this.#databaseAnsweredAtMs = performance.now();
    this.#measureRate();
  }

  report(): HealthReport {
    const { gateway, mailbox, executor, intake, leading, isLeader, version } = this.#parts;
    this.#measureRate();
    const databaseSilentMs = Math.round(performance.now() - this.#databaseAnsweredAtMs);
    const evaluator = leading.counters;
    const viewsAgeMs = evaluator?.lastWrittenAtMs == null ? null : Math.round(performance.now() - evaluator.lastWrittenAtMs);
    const uptimeMs = Math.round(performance.now() - this.#startedAtMs);
    const problems: string[] = [];
    if (databaseSilentMs > DATABASE_SILENT_MS) {
      problems.push(
        `The control database has not answered for ${Math.round(databaseSilentMs / 1000)} s. Agents keep their samples until it does.`,
      );
    }
    // Without clusters nothing is written, and that is no problem: an age is only known after the first.
    if (isLeader() && uptimeMs > STARTING_MS && viewsAgeMs !== null && viewsAgeMs > VIEWS_OLD_MS) {
      problems.push(`What was evaluated last is ${Math.round(viewsAgeMs / 1000)} s old. See the log for why it could not be written.`);
    }
    const newer = this.#parts.newerMigrations();
    if (newer.length > 0) {
      problems.push(`A newer release has upgraded the control database (${newer.at(-1)}). Upgrade this controller, ${version}, as well.`);
    }
    return {
      status: problems.length === 0 ? 'ok' : 'degraded',
      problems,
      version,
      uptimeMs,
      leader: isLeader(),
      database: { silentMs: databaseSilentMs },
      ingest: {
        samplesPerSecond: this.#rate.perSecond,
        queuedSamples: intake.queue.depth,
        ...intake.queue.counters,
        dropped: intake.dropped,
      },
      evaluation: evaluator === null ? null : { ...evaluator, viewsAgeMs },
      operations: isLeader() ? executor.counters : null,
      commands: { agentsWaiting: mailbox.held },
      gateway: { ...gateway.counters, bodiesBytes: gateway.bodies.usedBytes },
      residentBytes: process.memoryUsage.rss(),
    };
  }

  /** The same for the database, so that the console can show it. `dir` is where this controller keeps its files. */
  async controllerReport(facts: {
    dir: string;
    privateDatabase: boolean;
    fenceCommandConfigured: boolean;
    retention: RetentionConfig;
  }): Promise<ControllerReport> {
    const { intake, leading } = this.#parts;
    const writtenAtMs = leading.counters?.lastWrittenAtMs ?? null;
    const volume = await statfs(facts.dir).catch(() => null);
    return {
      problems: this.report().problems,
      samplesPerSecond: this.#rate.perSecond,
      queuedSamples: intake.queue.depth,
      droppedSamples: Object.values(intake.dropped).reduce((sum, count) => sum + count, 0),
      viewsAgeMs: writtenAtMs === null ? null : Math.round(performance.now() - writtenAtMs),
      residentBytes: process.memoryUsage.rss(),
      disk: volume === null ? null : { freeBytes: volume.bavail * volume.bsize, sizeBytes: volume.blocks * volume.bsize },
      privateDatabase: facts.privateDatabase,
      fenceCommandConfigured: facts.fenceCommandConfigured,
      retention: facts.retention,
    };
  }

  #measureRate(): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#rate.atMs;
    if (elapsedMs < RATE_WINDOW_MS) return;
    const samples = this.#parts.intake.queue.counters.samplesDurable;
    this.#rate = { atMs: nowMs, samples, perSecond: Math.round(((samples - this.#rate.samples) / elapsedMs) * 1000) };
  }
}
