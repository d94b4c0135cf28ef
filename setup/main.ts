/** Second half of `npm run demo`, `npm start` and `npm test`: builds what is out of date and runs the command. */
import { build } from './build.ts';

const [command, ...rest] = process.argv.slice(2);

switch (command) {
  // A command's imports may themselves be built: build first, import then.
  case 'demo': {
    await buildOrLeave();
    const { runDemo } = await import('../lab/demo.ts');
    await runDemo(rest);
    break;
  }
  case 'start': {
    await buildOrLeave();
    const { runStart } = await import('./start.ts');
    await runStart(rest);
    break;
  }
  case 'test': {
    const { runTests } = await import('../test/run.ts');
    process.exitCode = await runTests(rest);
    break;
  }
  case 'build':
    await build();
    break;
  default:
    console.error(`Unknown command “${command ?? ''}”. There are: demo, start, test, build.`);
    process.exitCode = 2;
}

/** The tool's own words are what helps; where in our code it was called is not. */
async function buildOrLeave(): Promise<void> {
  try {
    await build();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
