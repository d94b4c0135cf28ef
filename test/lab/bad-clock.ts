/** A host whose clock is off: a module that the agent's Node loads before anything else, and that shifts its clock. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULE = `const shiftMs = Number(process.env.TEST_CLOCK_SHIFT_MS ?? 0);
const Real = Date;
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
  return { NODE_OPTIONS: `--require ${file}`, TEST_CLOCK_SHIFT_MS: String(aheadMs) };
}
