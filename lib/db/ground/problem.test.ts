import { expect, test } from 'vitest';
import { explainDatabaseError, redactUrl } from './problem.ts';

test('a URL is shown without its password', () => {
  expect(redactUrl('postgresql://ada:s3cret@db:5432/farshore')).toBe('postgresql://ada:…@db:5432/farshore');
  expect(redactUrl('postgresql:///farshore?host=/run/x&password=s3cret')).not.toContain('s3cret');
  expect(redactUrl('s3cret')).toBe('(not a connection URL)');
});

test('a refusal of several addresses is told with each of them', () => {
  const error = Object.assign(
    new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')], ''),
    {
      code: 'ECONNREFUSED',
    },
  );
  expect(explainDatabaseError(error, 'postgresql://localhost:1/x').message).toMatch(
    /DATABASE_URL.*::1:1; connect.*127\.0\.0\.1:1.*Nothing listens/,
  );
});

test('a problem that is explained already stays as it is', () => {
  const problem = explainDatabaseError(new Error('x'), 'postgresql://localhost/x');
  expect(explainDatabaseError(problem, 'postgresql://elsewhere/y')).toBe(problem);
});
