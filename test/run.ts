/**
 * `npm test`: checks, unit tests, tests on real PostgreSQL, the lab's incidents, the browser's stories; then one line with the sum.
 * `npm test -- unit lab` runs only the named suites.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT, build } from '../setup/build.ts';
import { runChecks } from '../setup/check.ts';
import { forgetMeasured, measurePatience } from '../setup/patience.ts';
import { describeFailures, failuresOfPlaywright, failuresOfVitest } from './failures.ts';
import { brokenInvariants } from './invariant.ts';
import { logsOf } from './kept-logs.ts';
import type { Failure, PlaywrightSuite, VitestReport } from './failures.ts';

const OUTPUT = path.join(ROOT, '.test-output');
const SUITES = ['check', 'unit', 'integration', 'lab', 'e2e'] as const;
type Suite = (typeof SUITES)[number];
/** Waits of tests on real servers and of a real browser have a second attempt; more than so many that need it are a fault (docs/decisions/0018). */
const SECOND_ATTEMPTS_MAX = 3;

interface Sum {
  passed: number;
  failed: number;
  skipped: number;
  failures: Failure[];
}

/** Returns the exit code: 0 only when something ran and nothing failed. */
export async function runTests(args: readonly string[]): Promise<number> {
  const unknown = args.filter((arg) => !(SUITES as readonly string[]).includes(arg));
  if (unknown.length > 0) {
    console.error(`Unknown suite: ${unknown.join(', ')}. There are: ${SUITES.join(', ')}.`);
    return 2;
  }
  const wanted = args.length > 0 ? SUITES.filter((suite) => args.includes(suite)) : SUITES;
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  if (wanted.some((suite) => suite === 'lab' || suite === 'e2e' || suite === 'integration')) await build();
  else await build(undefined, ['database client']);

  const total: Sum = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const lines: string[] = [];
  for (const suite of wanted) {
    const startedMs = performance.now();
    console.error(`\n── ${suite} ${'─'.repeat(60 - suite.length)}`);
    forgetMeasured();
    console.error(await measurePatience());
    const sum = await runSuite(suite);
    total.passed += sum.passed;
    total.failed += sum.failed;
    total.skipped += sum.skipped;
    total.failures.push(...sum.failures);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    lines.push(`${suite.padEnd(12)} ${String(sum.passed).padStart(5)} passed ${String(sum.failed).padStart(3)} failed  ${seconds} s`);
  }
  for (const broken of unreported(total.failures)) {
    total.failed += 1;
    total.failures.push(broken);
  }
  const second = total.failures.filter(({ passedThen }) => passedThen).length;
  if (second > SECOND_ATTEMPTS_MAX) {
    total.failed += 1;
    const reason = `${second} tests needed one, and no more than ${SECOND_ATTEMPTS_MAX} may`;
    total.failures.push({ test: 'second attempts', reason, passedThen: false });
  }
  console.log(['', ...describeFailures(total.failures.map(withLogs)), '', ...lines].join('\n'));
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** Broken invariants of tests that did not fail: caught, or passed at a second attempt. */
function unreported(failures: readonly Failure[]): Failure[] {
  const said = failures.filter(({ passedThen }) => !passedThen).map(({ reason }) => reason);
  return brokenInvariants()
    .filter(({ invariant }) => !said.some((reason) => reason.includes(`Broken: ${invariant}.`)))
    .map(({ reason, where }) => ({ test: where, reason, passedThen: false }));
}

function withLogs(failure: Failure): Failure {
  const logs = logsOf(failure.test);
  return existsSync(logs) ? { ...failure, logs: path.relative(ROOT, logs) } : failure;
}

async function runSuite(suite: Suite): Promise<Sum> {
  switch (suite) {
    case 'check': {
      const results = await runChecks();
      const passed = results.filter((result) => result.passed).length;
      const failures = results
        .filter((result) => !result.passed)
        .map(({ name }) => ({ test: name, reason: 'See its output above.', passedThen: false }));
      return { passed, failed: results.length - passed, skipped: 0, failures };
    }
    case 'unit':
    case 'integration':
    case 'lab':
      return runVitest(suite);
    case 'e2e':
      return runPlaywright();
  }
}

async function runVitest(project: string): Promise<Sum> {
  const report = path.join(OUTPUT, `${project}.json`);
  const code = await run(
    'vitest',
    ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    {},
  );
  if (!existsSync(report)) return crashed(project);
  const json = JSON.parse(readFileSync(report, 'utf8')) as VitestReport & {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numFailedTestSuites: number;
  };
  // A file that fails before its first test (an import, a hook) has no failed test of its own, and still is a failure.
  const failed = Math.max(json.numFailedTests, code === 0 ? 0 : 1);
  return { passed: json.numPassedTests, failed, skipped: json.numPendingTests, failures: failuresOfVitest(json, ROOT) };
}

async function runPlaywright(): Promise<Sum> {
  const report = path.join(OUTPUT, 'e2e.json');
  const code = await run('playwright', ['test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: report });
  if (!existsSync(report)) return crashed('e2e');
  const { stats, suites } = JSON.parse(readFileSync(report, 'utf8')) as {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number };
    suites: PlaywrightSuite[];
  };
  const failed = Math.max(stats.unexpected, code === 0 ? 0 : 1);
  return { passed: stats.expected + stats.flaky, failed, skipped: stats.skipped, failures: failuresOfPlaywright({ suites }) };
}

function crashed(suite: string): Sum {
  console.error(`The suite “${suite}” ended without a report: see its output above.`);
  return { passed: 0, failed: 1, skipped: 0, failures: [{ test: suite, reason: 'It ended without a report.', passedThen: false }] };
}

function run(tool: string, args: string[], env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(ROOT, 'node_modules/.bin', tool), args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
