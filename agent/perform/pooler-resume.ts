import { PerformFailed } from './performer.ts';
import type { Performer } from './performer.ts';
import { poolerOf, quoteIdentifier, readDatabase, withConsole } from './pooler/console.ts';

export const perform: Performer<'pooler-resume'> = ({ pooler: name }, context) => {
  const pooler = poolerOf(context.config, name);
  return withConsole(name, pooler, async (console) => {
    const startedAtMs = performance.now();
    if ((await readDatabase(console, name, pooler)).paused) await console.run(`RESUME ${quoteIdentifier(pooler.database)}`);
    if ((await readDatabase(console, name, pooler)).paused)
      throw new PerformFailed(
        'server-error',
        `Pooler ${name} is still paused after RESUME. Look in its log, and whether somebody else pauses it.`,
        null,
      );
    return { resumedMs: performance.now() - startedAtMs };
  });
};
