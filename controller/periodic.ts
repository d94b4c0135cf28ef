/** Work that is repeated for as long as the process runs: never twice at the same time, and a failure only waits for the next time. */
import type { Logger } from 'pino';

export interface Periodic {
  /** Ends after the run under way. */
  stop(): Promise<void>;
}

/** Runs `work` at once and then `everyMs` after the end of the run before. Errors are logged, the first of a row and each hundredth. */
export function repeat(name: string, everyMs: number, log: Logger, work: () => Promise<void>): Periodic {
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;
  const run = async (): Promise<void> => {
    try {
      await work();
      if (failures > 0) log.info({ work: name, failures }, 'works again');
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures % 100 === 1) log.warn({ err: error, work: name, failures }, 'failed; trying again');
    }
  };
  let running: Promise<void> = Promise.resolve();
  const step = (): void => {
    timer = null;
    running = run().then(() => {
      if (!stopped) timer = setTimeout(step, everyMs);
    });
  };
  step();
  return {
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
