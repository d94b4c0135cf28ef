/** `npm run check`: types, lint, format and import rules, two at a time; no database. Prints what fails. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, build } from './build.ts';

const CHECKS: { name: string; command: string[] }[] = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'types of the agent (no browser, no application)', command: ['tsc', '--noEmit', '-p', 'agent/tsconfig.json'] },
  { name: 'lint', command: ['eslint', '--max-warnings=0', '.'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  {
    name: 'import rules',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      ...'app components lib controller agent lab test bench e2e setup prisma'.split(' '),
    ],
  },
];

export interface CheckResult {
  name: string;
  passed: boolean;
  output: string;
}

export async function runChecks(): Promise<CheckResult[]> {
  await build(() => {}, ['database client']);
  const waiting = [...CHECKS];
  const results: CheckResult[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await run(next.name, next.command);
      console.error(`${result.passed ? '✓' : '✗'} ${result.name}${result.passed ? '' : `\n${result.output}`}`);
      results.push(result);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

function run(name: string, [tool, ...args]: string[]): Promise<CheckResult> {
  return new Promise((resolve) => {
    const child = spawn(path.join(ROOT, 'node_modules/.bin', tool ?? ''), args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ name, passed: false, output: String(error) }));
    child.on('exit', (code) => resolve({ name, passed: code === 0, output: output.slice(-6000) }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await runChecks();
  process.exitCode = results.every((result) => result.passed) ? 0 : 1;
}
