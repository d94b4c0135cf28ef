import { describe, expect, test } from 'vitest';
import { describeFailures, failuresOfPlaywright, failuresOfVitest } from './failures.ts';

describe('what failed', () => {
  test('of vitest: each failed test with its reason, and a file that failed before its first test', () => {
    const failures = failuresOfVitest(
      {
        testResults: [
          {
            name: '/root/of/it/lib/a.test.ts',
            status: 'failed',
            assertionResults: [
              { fullName: 'a counts', status: 'passed', failureMessages: [] },
              {
                fullName: 'a adds',
                status: 'failed',
                failureMessages: ['\u001b[31mError: 1 is not 2\u001b[39m\n\n    at Object.add (/x/a.ts:3:1)\n  Expected: 2'],
              },
              { fullName: 'a divides', status: 'passed', failureMessages: ['Error: too slow'] },
            ],
          },
          { name: '/root/of/it/lib/b.test.ts', status: 'failed', message: 'Cannot find module ‘c’', assertionResults: [] },
          { name: '/root/of/it/lib/c.test.ts', status: 'passed', message: '', assertionResults: [] },
        ],
      },
      '/root/of/it',
    );
    expect(failures).toEqual([
      { test: 'lib/a.test.ts › a adds', reason: 'Error: 1 is not 2\nExpected: 2', passedThen: false },
      { test: 'lib/a.test.ts › a divides', reason: 'Error: too slow', passedThen: true },
      { test: 'lib/b.test.ts', reason: 'Cannot find module ‘c’', passedThen: false },
    ]);
  });

  test('of Playwright: also in suites of suites', () => {
    const spec = (title: string, status: 'expected' | 'unexpected' | 'flaky') => ({
      title,
      file: 'x.spec.ts',
      ok: status !== 'unexpected',
      tests: [{ status, results: [{ status: 'failed', errors: status === 'expected' ? [] : [{ message: `${title} is not visible` }] }] }],
    });
    const inner = { title: 'inner', specs: [spec('two', 'unexpected'), spec('three', 'flaky')] };
    expect(failuresOfPlaywright({ suites: [{ title: 'x.spec.ts', specs: [spec('one', 'expected')], suites: [inner] }] })).toEqual([
      { test: 'x.spec.ts › two', reason: 'two is not visible', passedThen: false },
      { test: 'x.spec.ts › three', reason: 'three is not visible', passedThen: true },
    ]);
  });

  test('is bounded, in two lists, and nothing when nothing failed', () => {
    expect(describeFailures([])).toEqual([]);
    const many = Array.from({ length: 25 }, (_, index) => ({ test: `t${index}`, reason: 'x', passedThen: false }));
    const lines = describeFailures(many);
    expect(lines.at(-1)).toBe('  and 5 more: see above.');
    const [long] = failuresOfVitest(
      { testResults: [{ name: 'n', status: 'failed', message: 'y'.repeat(5_000), assertionResults: [] }] },
      '/',
    );
    expect(long?.reason.length).toBeLessThan(1_000);
    const one = { test: 't', reason: 'one\ntwo' };
    expect(describeFailures([{ ...one, passedThen: false }])).toEqual(['What failed:', '  t', '      one', '      two']);
    expect(describeFailures([{ ...one, passedThen: true }])[0]).toMatch(/^Passed only at the second attempt/);
    expect(describeFailures([{ ...one, passedThen: false, logs: '.test-output/logs/t' }]).at(-1)).toBe('      logs: .test-output/logs/t');
  });
});
