/** Runs the controller process: environment in, structured log out, until SIGTERM or SIGINT. */
import { pino } from 'pino';
import { startController } from './start.ts';
import { messageOf } from '../lib/runtime/error-message.ts';

/** Longer than a graceful stop ever takes; then the supervisor shall see that it failed. */
const STOP_DEADLINE_MS = 5_000;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

const wanted = process.env['FARSHORE_LOG_LEVEL'] ?? '';
// A wrong level is reported with all other problems of the environment, which needs a log that works.
const level = LOG_LEVELS.includes(wanted) ? wanted : 'info';
const log = pino({ name: 'controller', level, timestamp: pino.stdTimeFunctions.isoTime });
/** Told by the database that this release can't work with it any more: started again it says why, and does nothing. */
const outdated = (sentence: string): void => {
  log.fatal(sentence);
  process.exitCode = 1;
  void stop('outdated');
};
let stopRequested = false;
const starting = startController(process.env, { log, onOutdated: outdated });

async function stop(signal: string): Promise<void> {
  if (stopRequested) return;
  stopRequested = true;
  log.info({ signal }, 'stopping');
  // A controller that is still starting is stopped once it runs, so that no database is left behind.
  const controller = await starting.catch(() => null);
  setTimeout(() => {
    log.error(`The graceful stop took more than ${STOP_DEADLINE_MS / 1000} s and was cut short. Agents send again what was not confirmed.`);
    process.exit(1);
  }, STOP_DEADLINE_MS).unref();
  await controller?.stop();
  process.exit(controller === null ? 1 : process.exitCode);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));

starting.catch((error: unknown) => {
  log.fatal({ err: error }, messageOf(error));
  process.exit(1);
});
