/** Keeps the logs of this file's labs when one of its tests fails: the lab itself is removed at the end of the file. */
import path from 'node:path';
import { afterEach } from 'vitest';
import type { RunnerTestCase, RunnerTestSuite } from 'vitest';
import { ROOT } from '../../setup/build.ts';
import { keepLogs } from '../kept-logs.ts';
import { directoriesOfLabs } from './watched-lab.ts';

afterEach(({ task }) => {
  const directories = directoriesOfLabs();
  if (task.result?.state !== 'fail' || directories.length === 0) return;
  const kept = keepLogs(`${path.relative(ROOT, task.file.filepath)} › ${fullName(task)}`, directories);
  console.log(`    logs of its lab: ${path.relative(ROOT, kept)}`);
});

/** As Vitest's report has it: the names of all suites around it, and its own. */
function fullName(task: Readonly<RunnerTestCase>): string {
  const names: string[] = [task.name];
  for (let suite: RunnerTestSuite | undefined = task.suite; suite !== undefined && suite.type === 'suite'; suite = suite.suite) {
    if ('filepath' in suite) break;
    names.unshift(suite.name);
  }
  return names.join(' ');
}
