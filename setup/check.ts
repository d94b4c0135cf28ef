/** `npm run check`: types, lint, format and import rules, two at a time; no database. Prints what fails. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, build } from './build.ts';

/** A file's result holds until its content or the rules change: a second run takes seconds. `npm ci` removes it. */
const CACHE = 'node_modules/.cache/farshore-check';
const incremental = (name: string): string[] => ['--incremental', '--tsBuildInfoFile', `${CACHE}/${name}.tsbuildinfo`];

/** The native compiler, by its path: `tsc` of the bin folder belongs to whichever of the two npm installed last. */
const TSC_7 = path.join(ROOT, 'node_modules/typescript-7/bin/tsc');

const SOURCES = 'app components lib controller agent lab test bench e2e setup prisma'.split(' ');

/** The longest first: begun last, it would run on alone on one core. */
const CHECKS: { name: string; command: string[] }[] = [
  { name: 'lint', command: ['eslint', '--max-warnings=0', '--cache', '--cache-strategy=content', `--cache-location=${CACHE}/eslint`, '.'] },
  {
    name: 'format',
    command: ['prettier', '--check', '--log-level=warn', '--cache', '--cache-strategy=content', `--cache-location=${CACHE}/prettier`, '.'],
  },
  { name: 'types', command: [TSC_7, '--noEmit', '-p', '.', ...incremental('all')] },
  {
    name: 'types of the agent (no browser, no application)',
    command: [TSC_7, '--noEmit', '-p', 'agent/tsconfig.json', ...incremental('agent')],
  },
  // Rules that need types, by the native checker: with ESLint's own the whole lint takes four times as long.
  { name: 'promises and switches', command: ['oxlint', '--type-aware', ...SOURCES] },
  {
    name: 'import rules',
    command: ['depcruise', '--config', '.dependency-cruiser.cjs', ...SOURCES],
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
    const child = spawn(path.resolve(ROOT, 'node_modules/.bin', tool ?? ''), args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
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
