/**
 * The lab as a cloud's API: `fence.ts LAB-DIRECTORY CLUSTER NODE` powers a node off and ends with 0 once everything on it is gone.
 * The demo gives the controller a script that calls this as its FARSHORE_FENCE_COMMAND.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { askLab } from './control.ts';
import { runningLabRoot } from './directory.ts';

/** Writes the executable that a controller calls with cluster and node. @returns its path. */
export function writeFenceCommand(file: string, labDirectory: string): string {
  const quoted = [process.execPath, fileURLToPath(import.meta.url), labDirectory].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  writeFileSync(file, `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`, { mode: 0o755 });
  return file;
}

async function main([directory = '', cluster = '', node = '']: readonly string[]): Promise<void> {
  const root = runningLabRoot(directory);
  if (root === null) throw new Error(`No lab is running in ${directory}: nothing was powered off.`);
  const answer = await askLab(root, { verb: 'fence', words: [cluster, node] });
  if ('error' in answer) throw new Error(answer.error);
  console.log(answer.text.split('\n')[0]);
}

if (import.meta.main) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
