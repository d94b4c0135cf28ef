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
            ],
          },
          { name: '/root/of/it/lib/b.test.ts', status: 'failed', message: 'Cannot find module ‘c’', assertionResults: [] },
          { name: '/root/of/it/lib/c.test.ts', status: 'passed', message: '', assertionResults: [] },
        ],
      },
      '/root/of/it',
    );
    expect(failures).toEqual([
      { test: 'lib/a.test.ts › a adds', reason: 'Error: 1 is not 2\nExpected: 2' },
      { test: 'lib/b.test.ts', reason: 'Cannot find module ‘c’' },
    ]);
  });

  test('of Playwright: also in suites of suites', () => {
    const spec = (title: string, ok: boolean) => ({
      title,
      file: 'x.spec.ts',
      ok,
      tests: [{ results: [{ status: ok ? 'passed' : 'failed', errors: ok ? [] : [{ message: 'not visible' }] }] }],
    });
    expect(
      failuresOfPlaywright({
        suites: [{ title: 'x.spec.ts', specs: [spec('one', true)], suites: [{ title: 'inner', specs: [spec('two', false)] }] }],
      }),
    ).toEqual([{ test: 'x.spec.ts › two', reason: 'not visible' }]);
  });

  test('is bounded, and nothing when nothing failed', () => {
    expect(describeFailures([])).toEqual([]);
    const many = Array.from({ length: 25 }, (_, index) => ({ test: `t${index}`, reason: 'x'.repeat(10) }));
    const lines = describeFailures(many);
    expect(lines.at(-1)).toBe('  and 5 more: see above.');
    const [long] = failuresOfVitest(
      { testResults: [{ name: 'n', status: 'failed', message: 'y'.repeat(5_000), assertionResults: [] }] },
      '/',
    );
    expect(long?.reason.length).toBeLessThan(1_000);
    expect(describeFailures([{ test: 't', reason: 'one\ntwo' }])).toEqual(['What failed:', '  t', '      one', '      two']);
  });
});
