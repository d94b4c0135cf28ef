/**
 * Memory matters on somebody else's database server, and Node takes its memory settings only at its start. So `run` replaces its own
 * process image once by the same program with these settings: the pid, the files and the terminal stay the same.
 */

/**
 * A small young generation, and no compiler: a program that works for four milliseconds in a second gains nothing from compiled code,
 * and it costs memory. Measured in bench/agent.ts.
 */
const NODE_FLAGS = ['--jitless', '--max-semi-space-size=1', '--max-old-space-size=64'] as const;
/** One heap of the C library for all threads instead of one each, and what was freed (after the start, mostly) is given back. */
const LEAN_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', UV_THREADPOOL_SIZE: '2' } as const;
/** Set when it has been done: it is never tried twice. Not FARSHORE_AGENT_…, which is for settings. */
const MARK = 'FARSHORE_LEAN';

/** Does not return when it replaces the process. Where that isn't possible the agent just runs with more memory. */
export function becomeLean(): void {
  const script = process.argv[1];
  if (process.env[MARK] !== undefined || script?.endsWith('.cjs') !== true || typeof process.execve !== 'function') return;
  const environment = { ...process.env, ...LEAN_ENVIRONMENT, [MARK]: '1' };
  const flags = [...NODE_FLAGS, '--disable-warning=ExperimentalWarning', ...process.execArgv];
  // Calling it warns on stderr that it is experimental, which is of no use to who runs the agent.
  process.removeAllListeners('warning');
  try {
    process.execve(process.execPath, [process.execPath, ...flags, ...process.argv.slice(1)], environment);
  } catch {
    // A sandbox may forbid it.
  }
}
