/** Prints what failed, shortly and at the very end: a reader of only the last page of a CI run's output still sees it. Pure. */
import { stripVTControlCharacters } from 'node:util';

export interface Failure {
  /** File and full title. */
  test: string;
  /** In the words of the tool that failed, in its first lines. */
  reason: string;
  /** Passed at the second attempt, which only waits have (docs/decisions/0018). */
  passedThen: boolean;
  /** Where the logs of its lab are kept. */
  logs?: string;
}

export interface VitestReport {
  testResults: {
    name: string;
    message?: string;
    status: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[];
  }[];
}

export interface PlaywrightSuite {
  title: string;
  file?: string;
  suites?: PlaywrightSuite[];
  specs?: {
    title: string;
    file: string;
    ok: boolean;
    tests: { status: string; results: { status: string; errors?: { message?: string }[] }[] }[];
  }[];
}

const REASON_CHARS = 900;
/** The same cause again and again would push the first out of the page. */
const FAILURES_MAX = 20;

export function failuresOfVitest(report: VitestReport, root: string): Failure[] {
  return report.testResults.flatMap((file) => {
    const name = file.name.startsWith(`${root}/`) ? file.name.slice(root.length + 1) : file.name;
    const failed = file.assertionResults
      .filter(({ status, failureMessages }) => status === 'failed' || (status === 'passed' && (failureMessages ?? []).length > 0))
      .map(({ fullName, status, failureMessages }): Failure => {
        return { test: `${name} › ${fullName}`, reason: shortly(failureMessages?.[0] ?? ''), passedThen: status === 'passed' };
      });
    // A file that fails before its first test (an import, a hook) has no failed test of its own.
    return file.status === 'failed' && failed.every(({ passedThen }) => passedThen)
      ? [{ test: name, reason: shortly(file.message ?? ''), passedThen: false }, ...failed]
      : failed;
  });
}

export function failuresOfPlaywright(suite: Pick<PlaywrightSuite, 'suites' | 'specs'>): Failure[] {
  const own = (suite.specs ?? [])
    .filter(({ ok, tests }) => !ok || tests.some(({ status }) => status === 'flaky'))
    .map((spec): Failure => {
      const errors = spec.tests.flatMap(({ results }) => results.flatMap((result) => result.errors ?? []));
      return { test: `${spec.file} › ${spec.title}`, reason: shortly(errors[0]?.message ?? ''), passedThen: spec.ok };
    });
  return [...own, ...(suite.suites ?? []).flatMap(failuresOfPlaywright)];
}

/** @returns the lines to print; none when every test passed at once. */
export function describeFailures(failures: readonly Failure[]): string[] {
  const then = failures.filter(({ passedThen }) => passedThen);
  const failed = failures.filter(({ passedThen }) => !passedThen);
  return [
    ...listed('Passed only at the second attempt (for docs/flaky.md); the first ended with:', then),
    ...listed('What failed:', failed),
  ];
}

function listed(title: string, failures: readonly Failure[]): string[] {
  if (failures.length === 0) return [];
  const left = failures.length - FAILURES_MAX;
  return [
    title,
    ...failures
      .slice(0, FAILURES_MAX)
      .flatMap(({ test, reason, logs }) => [
        `  ${test}`,
        ...reason.split('\n').map((line) => `      ${line}`),
        ...(logs === undefined ? [] : [`      logs: ${logs}`]),
      ]),
    ...(left > 0 ? [`  and ${left} more: see above.`] : []),
  ];
}

/** Without colours, empty lines and the calls that led there. */
function shortly(message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^at .+:\d+/.test(line));
  const text = lines.join('\n') || 'It gave no reason.';
  return text.length > REASON_CHARS ? `${text.slice(0, REASON_CHARS)}…` : text;
}
