/** Start and end of the web process. */
import path from 'node:path';
import { readWebConfig } from '../config/web.ts';
import { migrationNames, watchSchema } from '../db/ground/schema-watch.ts';
import type { Listener } from '../db/ground/listen.ts';
import { webDatabase } from '../db/ground/web-database.ts';
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
  const schema = watchSchemaOfWeb();
  // Next waits for open responses when it is told to stop, and a live stream is a response that never ends on its own.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void Promise.all([liveHub().close(), operationHub().close(), schema.stop()]));
}

/** A database that this release can't read right is worse than no screen: the process ends, and says why at each start. */
function watchSchemaOfWeb(): Listener {
  const known = migrationNames(path.join(process.cwd(), 'prisma/migrations'));
  return watchSchema({
    ...{ url: readWebConfig().databaseUrl, client: webDatabase(), known, applicationName: 'farshore web schema' },
    onCompared: ({ newer, missing, problem }) => {
      if (problem !== null) {
        console.error(`[web] ${problem}`);
        process.exit(1);
      }
      if (newer.length > 0) console.error('[web] A newer release has upgraded the control database. Upgrade this web application soon.');
      if (missing.length > 0) console.error(`[web] The control database lacks ${missing[0]}. Start the controller of this release first.`);
    },
    onError: (error) => console.error(`[web] The history of the control database could not be read: ${error.message}`),
  });
}
