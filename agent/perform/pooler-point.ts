import { PerformFailed, PerformRefused } from './performer.ts';
import type { Performer } from './performer.ts';
import { poolerOf, readDatabase, withConsole } from './pooler/console.ts';
import { addressOf, isAt, takeOver } from './pooler/take-over.ts';

/** Rewrites host and port of the one entry and reloads, while clients are held: it may point at a node that is not primary yet. */
export const perform: Performer<'pooler-point'> = ({ pooler: name, primary }, context) => {
  const pooler = poolerOf(context.config, name);
  const address = addressOf(name, pooler, primary);
  return withConsole(name, pooler, async (console) => {
    const startedAtMs = performance.now();
    if (!(await readDatabase(console, name, pooler)).paused)
      throw new PerformRefused(
        'precondition-failed',
        `Pooler ${name} is not paused: its clients would be sent to ${primary} at once. Pause it first, or look who has resumed it.`,
      );
    await takeOver(console, context, name, pooler, address);
    const now = await readDatabase(console, name, pooler);
    if (!now.paused || !isAt(now, address))
      throw new PerformFailed(
        'server-error',
        `Pooler ${name} points at ${now.host}:${now.port} now and is ${now.paused ? '' : 'not '}paused. Look who else uses its console.`,
        true,
      );
    return { pointedMs: performance.now() - startedAtMs, primary };
  });
};
