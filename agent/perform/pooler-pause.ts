import { PerformRefused } from './performer.ts';
import type { Performer } from './performer.ts';
import { openConsole, poolerOf, quoteIdentifier, readDatabase, withConsole } from './pooler/console.ts';
import type { PoolerConfig } from './pooler/console.ts';
import { pause } from './postgres/connection/waiting.ts';

/** Lets clients continue after a PAUSE that did not come about. */
async function giveUp(name: string, pooler: PoolerConfig): Promise<void> {
  await withConsole(name, pooler, async (console) => {
    if ((await readDatabase(console, name, pooler)).paused) await console.run(`RESUME ${quoteIdentifier(pooler.database)}`);
  });
}

/**
 * Waits for running transactions to end; new ones wait in the pooler. When some take longer than `waitMs` clients continue as if nothing
 * had been.
 */
export const perform: Performer<'pooler-pause'> = async ({ pooler: name, waitMs }, context) => {
  const pooler = poolerOf(context.config, name);
  const { console, end } = await openConsole(name, pooler);
  const startedAtMs = performance.now();
  const settled = new AbortController();
  const timeUp = Promise.race([
    pause(Math.min(waitMs, context.deadlineMs), AbortSignal.any([context.signal, settled.signal])).then(() => 'late' as const),
  ]);
  // SHOW DATABASES says `paused` from the moment of the request; only the answer to PAUSE says that nothing runs any more.
  const paused = console.run(`PAUSE ${quoteIdentifier(pooler.database)}`, null).then(() => 'paused' as const);
  try {
    const outcome = await Promise.race([paused, timeUp]);
    if (outcome === 'paused') return { pausedMs: performance.now() - startedAtMs };
    console.abandon();
    await giveUp(name, pooler);
    throw new PerformRefused(
      'precondition-failed',
      `Transactions through pooler ${name} did not end within ${waitMs} ms, so it was not paused and clients continue. Find the long transaction (pg_stat_activity), or try again later.`,
    );
  } finally {
    settled.abort();
    paused.catch(() => undefined);
    await end();
  }
};
