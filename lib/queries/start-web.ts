/** Start and end of the web process. */
import { readWebConfig } from '../config/web.ts';
import { liveHub } from './live-hub.ts';
import { operationHub } from './operations/live.ts';

/** Checks the environment (ends the process with every problem printed when it is wrong) and makes SIGTERM end live streams. */
export function startWeb(): void {
  try {
    readWebConfig();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
  // Next waits for open responses when it is told to stop, and a live stream is a response that never ends by itself.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void Promise.all([liveHub().close(), operationHub().close()]));
}
