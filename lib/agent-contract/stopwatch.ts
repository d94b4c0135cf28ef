/** Measures how long ago something was, for both ends of a command's way. */

export type Stopwatch = () => number;

/**
 * Milliseconds since it was made, by the greater of two clocks: the monotonic one, which stands still while a machine is suspended, and
 * the wall clock, which shows that but may be put back. What is judged by it is too old rather than too young.
 */
export function stopwatch(monotonicMs: () => number = () => performance.now(), wallMs: () => number = () => Date.now()): Stopwatch {
  const [monotonicStartMs, wallStartMs] = [monotonicMs(), wallMs()];
  return () => Math.max(monotonicMs() - monotonicStartMs, wallMs() - wallStartMs);
}
