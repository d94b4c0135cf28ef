import { PerformFailed } from './performer.ts';
import type { Performer } from './performer.ts';
import { poolerOf, quoteIdentifier, readDatabase, withConsole } from './pooler/console.ts';
import { untilServed } from './speed/resume-at-promotion.ts';
import { addressOf, isAt, takeOver } from './pooler/take-over.ts';

/** Rewrites host and port of the one entry where it points elsewhere, and lets waiting clients continue to the new primary. */
export const perform: Performer<'pooler-switch'> = ({ pooler: name, primary, pointed = false }, context) => {
  const pooler = poolerOf(context.config, name);
  const address = addressOf(name, pooler, primary);
  return withConsole(name, pooler, async (console) => {
    const startedAtMs = performance.now();
    const moved = await takeOver(console, context, name, pooler, address);
    const database = quoteIdentifier(pooler.database);
    const { paused } = await readDatabase(console, name, pooler);
    if (paused) await console.run(`RESUME ${database}`);
    // Without a pause before, connections to the old primary are still open; they are closed as soon as nobody uses them.
    else if (moved || !pointed) await console.run(`RECONNECT ${database}`);
    const now = await readDatabase(console, name, pooler);
    if (now.paused || !isAt(now, address))
      throw new PerformFailed(
        'server-error',
        `Pooler ${name} was switched and now points at ${now.host}:${now.port}${now.paused ? ', paused' : ''}. Switch it again.`,
        true,
      );
    const clientsWaiting = await untilServed(console, context, pooler);
    return { switchedMs: performance.now() - startedAtMs, primary, clientsWaiting };
  });
};
