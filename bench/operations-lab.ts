/** Shared by the benches of operations: a watched lab of one cluster, the floor measured before anybody watches it, and the prober. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type WatchedLab, startWatchedLab } from '../lab/bring-up.ts';
import type { Lab } from '../lab/lab.ts';
import { Operator } from '../lab/operator.ts';
import type { ProberReport } from '../lab/prober.ts';
import type { ProberProcess } from '../lab/prober-process.ts';
import { choosePort } from '../setup/processes.ts';
import { Floor } from './floor.ts';

export type Mode = 'pooler' | 'direct';

export interface BenchOptions {
  runs: number;
  modes: Mode[];
  cluster: string;
  /** The node that begins as primary, and the one that changes places with it. */
  nodes: [string, string];
  /** Also measure the hand-written script. */
  floor: boolean;
  tps: number;
  /** Only the nodes of the cluster in this region are started: those elsewhere would have processors of their own. */
  region: string | undefined;
  /** The lab is made in it. `/dev/shm` takes the disk of this machine out of the figures. */
  dir: string;
  addressRange: string | undefined;
  verbose: boolean;
}

const RUNS_MAX = 200;
/** Between two runs, so that each begins with everybody streaming and nothing due. */
const PAUSE_BETWEEN_RUNS_MS = 1_500;
/** A gap ends when the prober continued for this long. */
const SETTLED_MS = 300;

/** @throws with how to call it. */
export function parseBenchOptions(defaults: { cluster: string; nodes: [string, string] }): BenchOptions {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '10' },
      mode: { type: 'string', default: 'both' },
      cluster: { type: 'string', default: defaults.cluster },
      nodes: { type: 'string', default: defaults.nodes.join(',') },
      'no-floor': { type: 'boolean', default: false },
      tps: { type: 'string', default: '20' },
      region: { type: 'string' },
      dir: { type: 'string', default: '/var/tmp' },
      'address-range': { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  const [from, to] = values.nodes.split(',');
  const modes: Mode[] | null =
    values.mode === 'both' ? ['direct', 'pooler'] : values.mode === 'direct' || values.mode === 'pooler' ? [values.mode] : null;
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX || modes === null || from === undefined || to === undefined) {
    throw new Error(
      `Options: --runs 1..${RUNS_MAX}  --mode direct|pooler|both  --nodes FROM,TO  --no-floor  --tps N  --region NAME  --dir DIR  --address-range 127.N`,
    );
  }
  const { cluster, dir, verbose } = values;
  return {
    ...{ runs, modes, cluster, nodes: [from, to], floor: !values['no-floor'], tps: Number(values.tps), dir, verbose },
    ...{ addressRange: values['address-range'], region: values.region },
  };
}

const TMPFS_MAGIC = 0x0102_1994;

/** Where PostgreSQL writes, for the title of a table: a disk that stalls is in every figure. */
export function filesText({ dir }: BenchOptions): string {
  return `files in ${dir}, ${statfsSync(dir).type === TMPFS_MAGIC ? 'in memory' : 'on a disk'}`;
}

export interface BenchLab extends WatchedLab {
  operator: Operator;
}

/** Starts the lab, measures the floor, lets Farshore watch, runs `work`, and takes everything down again. */
export async function withBenchLab(
  options: BenchOptions,
  measureFloor: (lab: Lab) => Promise<void>,
  work: (watched: BenchLab) => Promise<void>,
): Promise<void> {
  mkdirSync(options.dir, { recursive: true });
  const dir = mkdtempSync(join(options.dir, 'lab-bench-'));
  chmodSync(dir, 0o755);
  const startedMs = performance.now();
  const log = (line: string): void => {
    if (options.verbose) console.error(`[${((performance.now() - startedMs) / 1000).toFixed(1)} s] ${line}`);
  };
  let watched: WatchedLab | null = null;
  // Once, for all callers: what a signal has begun to take down makes the work fail, and its end must wait for all of it.
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= watched?.stop() ?? Promise.resolve());
  const onSignal = (): void =>
    void stop().then(() => {
      rmSync(dir, { recursive: true, force: true });
      process.exit(130);
    });
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    watched = await startWatchedLab({
      dir,
      clusters: [options.cluster],
      ...(options.region === undefined ? {} : { regions: [options.region] }),
      workloadTps: options.tps,
      web: { host: '127.0.0.1', port: await choosePort('127.0.0.1', 4600, false, 'the web application') },
      ...(options.addressRange === undefined ? {} : { addressRange: options.addressRange }),
      ...(options.floor ? { beforeAgents: measureFloor } : {}),
      log,
    });
    await watched.lab.firstBackups;
    await work({ ...watched, operator: new Operator(watched) });
  } finally {
    await stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The cost of one change of primary, as the prober saw it. */
export interface Seen {
  gapMs: number;
  errors: number;
  lost: number;
  gapEndedAtMs: number | null;
  report: ProberReport;
}

/** Runs `change` between a mark and a report of the prober. `change` names the node that is primary afterwards. */
export async function seenBy<T>(
  lab: Lab,
  prober: ProberProcess,
  primaryAfter: string,
  change: () => Promise<T>,
): Promise<{ seen: Seen; value: T }> {
  await sleep(PAUSE_BETWEEN_RUNS_MS);
  await prober.mark();
  const value = await change();
  await sleep(SETTLED_MS);
  const report = await prober.report();
  const { count } = await lab.lostRows(primaryAfter, report);
  const errors = report.errors.statements + report.errors.connects;
  return { seen: { gapMs: report.largestGapMs, errors, lost: count, gapEndedAtMs: report.gapEndedAtMs, report }, value };
}

/** The node that is primary and the one that will be next, run after run. */
export class Alternation {
  primary: string;
  other: string;
  constructor([primary, other]: readonly [string, string]) {
    this.primary = primary;
    this.other = other;
  }
  swap(): void {
    [this.primary, this.other] = [this.other, this.primary];
  }
}

/** A floor in each mode, with its prober; leaves the node that began as primary as primary. */
export async function floorOf(
  lab: Lab,
  options: BenchOptions,
  mode: Mode,
  run: (floor: Floor, prober: ProberProcess, pair: Alternation) => Promise<void>,
): Promise<void> {
  await lab.firstBackups;
  const floor = new Floor(lab, options.cluster, mode);
  const pair = new Alternation(options.nodes);
  await floor.begin(pair.primary);
  const prober = await lab.startProber(options.cluster, { via: mode, nodes: options.nodes });
  try {
    for (let each = 0; each < options.runs || pair.primary !== options.nodes[0]; each += 1) {
      await run(floor, prober, pair);
      pair.swap();
    }
    // A client that connected directly left the pooler behind.
    const poolerFloor = new Floor(lab, options.cluster, 'pooler');
    await poolerFloor.begin(pair.primary);
    poolerFloor.close();
  } finally {
    await prober.stop();
    floor.close();
  }
}
