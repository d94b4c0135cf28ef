/** A host whose clock is off: a module that the agent's Node loads before anything else, and that shifts its clock. */
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULE = `const { readFileSync } = require('node:fs');
let shiftMs = 0;
const read = () => {
  shiftMs = Number(readFileSync(process.env.TEST_CLOCK_SHIFT_FILE, 'utf8'));
};
read();
const Real = Date;
setInterval(read, 200).unref();
globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + shiftMs);
    else super(...parts);
  }
  static now() {
    return Real.now() + shiftMs;
  }
};
`;

/**
 * The environment in which an agent's clock is ahead by `aheadMs` (behind when negative). TLS goes by the system's clock as before.
 * @param directory one that the agent's user can enter.
 */
export function shiftedClock(directory: string, aheadMs: number): Record<string, string> {
  const file = join(directory, 'shifted-clock.cjs');
  writeFileSync(file, MODULE);
  chmodSync(file, 0o644);
  setShiftedClock(directory, aheadMs);
  return { NODE_OPTIONS: `--require ${file}`, TEST_CLOCK_SHIFT_FILE: shiftFile(directory) };
}

/** Sets the clock of an agent that runs with such an environment, within 200 ms. */
export function setShiftedClock(directory: string, aheadMs: number): void {
  // Renamed into place: the agent never reads half a number.
  writeFileSync(`${shiftFile(directory)}.new`, String(aheadMs), { mode: 0o644 });
  renameSync(`${shiftFile(directory)}.new`, shiftFile(directory));
}

const shiftFile = (directory: string): string => join(directory, 'clock-shift-ms');
