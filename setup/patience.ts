/** Measures how slow this machine is now, and stretches by it the deadlines of the lab and of tests: they were chosen on a quiet, ordinary one. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Times of the machine on which the deadlines were chosen, in milliseconds. */
export const REFERENCE = {
  /** 16 MB, a WAL segment, written and on disk. */
  segmentMs: 26,
  /** A program forked, executed and ended. */
  programMs: 1,
  /** Node started and ended, on as many cores as there are at once. */
  nodeMs: 70,
} as const;

export type Speed = { [part in keyof typeof REFERENCE]: number };

/** Given by a person: nothing is measured then. */
const FORCED = 'FARSHORE_PATIENCE';
/** The measurement, for the processes that are started from here. */
const MEASURED = 'FARSHORE_PATIENCE_MEASURED';
const FACTOR_MAX = 10;
const LAST_RESORT_MIN = 4;
const SEGMENT_BYTES = 16 * 1024 * 1024;
const SAMPLES = 3;
const PROGRAMS = 40;
/** A machine on which a sample takes longer is as slow as any. */
const SAMPLE_DEADLINE_MS = 20_000;

/** By how much longer things take here than on the machine of `REFERENCE`; never less than 1. Pure. */
export function factorOf(speed: Speed): number {
  const parts = Object.keys(REFERENCE) as (keyof Speed)[];
  const slowest = Math.max(...parts.map((part) => speed[part] / REFERENCE[part]));
  return Math.round(Math.min(FACTOR_MAX, Math.max(1, slowest)) * 10) / 10;
}

/** The factor of this process: as forced, as measured last, else 1. */
export function patience(): number {
  return factorIn(FORCED) ?? factorIn(MEASURED) ?? 1;
}

/** A deadline as long as this machine needs. */
export function patient(deadlineMs: number): number {
  return Math.round(deadlineMs * patience());
}

/** For a test as a whole. It is fixed before the machine may slow down; the test's waits have deadlines of their own, which grow then. */
export function lastResort(deadlineMs: number): number {
  return Math.round(deadlineMs * Math.max(LAST_RESORT_MIN, 2 * patience()));
}

/** For a text: “60 s”, or “60 s, 2.5 times as long as usual on this slow machine”. */
export function describeWait(deadlineMs: number): string {
  const usual = `${deadlineMs / 1000} s`;
  return patience() === 1 ? usual : `${patient(deadlineMs) / 1000} s (${usual}, times ${patience()} for this machine)`;
}

/** Measures again before it says so: the machine may have slowed down since. */
export async function isWaitOver(
  startedAtMs: number,
  deadlineMs: number,
  measure: () => Promise<unknown> = measurePatience,
): Promise<boolean> {
  const isOver = (): boolean => performance.now() - startedAtMs > patient(deadlineMs);
  if (!isOver()) return false;
  await measure();
  return isOver();
}

/**
 * Measures, and keeps the result for this process and those that it starts. Within a process it only grows: what was slow once may be again.
 * @returns the sentence to print.
 */
export async function measurePatience(): Promise<string> {
  const forced = factorIn(FORCED);
  if (forced !== null) return `${FORCED}=${forced}: deadlines are ${forced} times as long as on the reference machine.`;
  const speed = await measureSpeed();
  const factor = Math.max(factorOf(speed), factorIn(MEASURED) ?? 1);
  process.env[MEASURED] = String(factor);
  return `${describeSpeed(speed)} Deadlines are ${factor === 1 ? 'as long as' : `${factor} times as long as`} on the reference machine.`;
}

/** Measures where neither a person nor the process that started this one has said how slow the machine is. */
export async function ensurePatience(): Promise<void> {
  if (factorIn(FORCED) === null && factorIn(MEASURED) === null) await measurePatience();
}

/** Forgets what was measured, so that the next measurement may also find the machine quicker. */
export function forgetMeasured(): void {
  delete process.env[MEASURED];
}

/** So many labs or servers run side by side here: they wait more than they work, where the machine is not slow already. */
export function labsAtOnce(cores = availableParallelism(), factor = patience()): number {
  if (factor > 3) return 1;
  return Math.min(4, factor > 1.5 ? cores : cores + 1);
}

function describeSpeed({ segmentMs, programMs, nodeMs }: Speed): string {
  const one = (ms: number, part: keyof Speed, digits = 0): string => `${ms.toFixed(digits)} ms (reference ${REFERENCE[part]})`;
  return `16 MB are on disk in ${one(segmentMs, 'segmentMs')}, a program runs in ${one(programMs, 'programMs', 1)}, Node starts in ${one(nodeMs, 'nodeMs')}.`;
}

/** @throws when somebody wrote something else into it. */
function factorIn(name: string): number | null {
  const text = process.env[name];
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (value >= 1 && value <= FACTOR_MAX) return value;
  throw new Error(`${name} is “${text}”; it must be a number from 1 to ${FACTOR_MAX}.`);
}

async function measureSpeed(): Promise<Speed> {
  return { segmentMs: await timeSegment(), programMs: await timePrograms(), nodeMs: await timeNode() };
}

async function timeSegment(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'farshore-speed-'));
  const segment = Buffer.alloc(SEGMENT_BYTES, 1);
  try {
    return await medianMs(SAMPLES, async (number) => {
      const file = await open(join(directory, String(number)), 'w');
      try {
        await file.write(segment);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** In a shell, whose own start is left out: Node's way to start a program takes longer than the program. */
async function timePrograms(): Promise<number> {
  const loop = `i=0; while [ $i -lt $1 ]; do /bin/true; i=$((i+1)); done`;
  const timed = (count: number): Promise<number> => medianMs(SAMPLES, () => runProgram('/bin/sh', ['-c', loop, 'sh', String(count)]));
  return Math.max(0, (await timed(PROGRAMS)) - (await timed(0))) / PROGRAMS;
}

/** On every core at once, as the parts of a lab start. */
function timeNode(): Promise<number> {
  const all = Array.from({ length: availableParallelism() });
  return medianMs(SAMPLES, () => Promise.all(all.map(() => runProgram(process.execPath, ['-e', '0']))));
}

function runProgram(program: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: SAMPLE_DEADLINE_MS }, (error) => {
      if (error !== null && error.killed !== true) reject(error);
      else resolve();
    });
  });
}

async function medianMs(samples: number, work: (number: number) => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let number = 0; number < samples; number += 1) {
    const startedAtMs = performance.now();
    await work(number);
    took.push(performance.now() - startedAtMs);
  }
  return took.toSorted((one, other) => one - other)[Math.floor(samples / 2)] ?? 0;
}
