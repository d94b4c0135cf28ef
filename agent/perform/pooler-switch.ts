import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { poolerOf, quoteIdentifier, readDatabase, withConsole } from './pooler/console.ts';
import type { PoolerConfig, PoolerConsole } from './pooler/console.ts';
import { writeEntry } from './pooler/entry.ts';
import { pollUntil, untilWithin } from './postgres/deadline.ts';

/** RELOAD reads the file at once, but answers before. */
const TAKEN_OVER_DEADLINE_MS = 2000;
const POLL_MS = 3;

interface Address {
  host: string;
  port: number;
}

const isAt = (database: { host: string | null; port: number | null }, address: Address): boolean =>
  database.host === address.host && database.port === address.port;

async function takeOver(
  console: PoolerConsole,
  context: PerformContext,
  name: string,
  pooler: PoolerConfig,
  address: Address,
): Promise<void> {
  if (!writeEntry(name, pooler, address.host, address.port) && isAt(await readDatabase(console, name, pooler), address)) return;
  await console.run('RELOAD');
  const untilMs = untilWithin(context, TAKEN_OVER_DEADLINE_MS);
  const taken = await pollUntil({ signal: context.signal, untilMs, everyMs: POLL_MS }, async () =>
    isAt(await readDatabase(console, name, pooler), address) ? true : null,
  );
  if (taken === null)
    throw new PerformFailed(
      'server-error',
      `Pooler ${name} did not take over its new configuration after RELOAD. Look in its log for a fault in ${pooler.config}.`,
      true,
    );
}

/** Rewrites host and port of the one entry, reloads, and lets waiting clients go on to the new primary. */
export const perform: Performer<'pooler-switch'> = ({ pooler: name, primary }, context) => {
  const pooler = poolerOf(context.config, name);
  const address = pooler.nodes[primary];
  if (address === undefined) {
    throw new PerformRefused(
      'not-configured',
      `This agent does not know where pooler ${name} finds ${primary}. Add [poolers.${name}.nodes.${primary}] with host and port.`,
    );
  }
  return withConsole(name, pooler, async (console) => {
    const startedAtMs = performance.now();
    await takeOver(console, context, name, pooler, address);
    const database = quoteIdentifier(pooler.database);
    const { paused } = await readDatabase(console, name, pooler);
    if (paused) await console.run(`RESUME ${database}`);
    // Without a pause before, connections to the old primary are still open; they are closed as soon as nobody uses them.
    else await console.run(`RECONNECT ${database}`);
    const now = await readDatabase(console, name, pooler);
    if (now.paused || !isAt(now, address))
      throw new PerformFailed(
        'server-error',
        `Pooler ${name} was switched and now points at ${now.host}:${now.port}${now.paused ? ', paused' : ''}. Switch it again.`,
        true,
      );
    return { switchedMs: performance.now() - startedAtMs, primary };
  });
};
