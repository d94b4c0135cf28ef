import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OPENSSL = '/usr/bin/openssl';
const TIMEOUT_MS = 3000;
const run = promisify(execFile);
/** A library is replaced seldom; asking costs a process. */
const KEEP_MS = 60 * 60 * 1000;
let kept: { value: string | null; atMs: number } | null = null;

/** The system's OpenSSL, which is what PostgreSQL of the distribution links (Node brings its own). `null` when not installed. */
export async function readOpenssl(): Promise<string | null> {
  if (kept !== null && performance.now() - kept.atMs < KEEP_MS) return kept.value;
  const value = await run(OPENSSL, ['version'], { timeout: TIMEOUT_MS })
    .then(({ stdout }) => stdout.trim().slice(0, 100))
    .catch(() => null);
  kept = { value, atMs: performance.now() };
  return value;
}
