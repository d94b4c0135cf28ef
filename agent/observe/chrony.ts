import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const CHRONYC = '/usr/bin/chronyc';
const TIMEOUT_MS = 2000;
const run = promisify(execFile);

export interface ChronyTracking {
  offsetMs: number;
  stratum: number;
}

/** Reads a line of `chronyc -n -c tracking`: id, name, stratum, reference time, current correction in seconds … */
export function parseTracking(line: string): ChronyTracking | null {
  const fields = line.trim().split(',');
  const [stratum, seconds] = [Number(fields[2]), Number(fields[4])];
  // Stratum 0 or 16 means that it isn't synchronised to anything.
  if (fields.length < 5 || !Number.isInteger(stratum) || stratum < 1 || stratum > 15 || !Number.isFinite(seconds)) return null;
  return { offsetMs: seconds * 1000, stratum };
}

/** chrony's own figures of this host's clock; `null` when it is absent, stopped or not synchronised. */
export async function readChrony(): Promise<ChronyTracking | null> {
  if (!existsSync(CHRONYC)) return null;
  try {
    const { stdout } = await run(CHRONYC, ['-n', '-c', 'tracking'], { timeout: TIMEOUT_MS });
    return parseTracking(stdout);
  } catch {
    return null;
  }
}
