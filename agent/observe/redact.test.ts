import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact } from './redact.ts';

const SECRET = 'hunter2Zz';

describe('redaction', () => {
  test.each([
    [`host=10.0.0.1 user=repl password=${SECRET} sslmode=verify-full`],
    [`host=10.0.0.1 password = '${SECRET} \\' x' port=5432`],
    [`postgresql://repl:${SECRET}@10.0.0.1/postgres`],
    [`postgresql://repl@10.0.0.1/postgres?password=${SECRET}`],
    [`postgresql://repl:p@ss/${SECRET}@10.0.0.1/postgres`],
    [`PGPASSWORD=${SECRET} cp %p /archive/%f`],
    [`PGPASSWORD="${SECRET} and more" cp %p /archive/%f`],
    [`AWS_SECRET_ACCESS_KEY='${SECRET}' aws s3 cp %p s3://b/%f`],
    [`pgbackrest --repo1-cipher-pass=${SECRET} archive-push %p`],
    [`tool --token ${SECRET} %p`],
    [`curl -u backup:${SECRET} -T %p https://store/%f`],
    [`curl -H "Authorization: Bearer ${SECRET}aaaaaa" -T %p https://store/%f`],
    [`curl -H "X-Api-Key: ${SECRET}" -T %p https://store/%f`],
    [`azcopy cp %p "https://x.blob/y?sv=1&sig=1&secret=${SECRET}"`],
  ])('%s', (text) => {
    expect(redact(text)).not.toContain(SECRET);
    expect(redact(text)).toContain('[redacted]');
  });

  test.each([
    'host=10.0.0.1 port=5432 user=repl application_name=gcp-use4-a sslmode=verify-full',
    'pgbackrest --stanza=payments archive-push %p',
    'test ! -f /archive/%f && cp %p /archive/%f',
    '',
  ])('leaves %j as it is', (text) => expect(redact(text)).toBe(text));

  test('no password of any form survives in a conninfo', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9!#$%^&*()_+=@:/.,~-]{6,24}$/).map((text) => `QQ${text}`);
    fc.assert(
      fc.property(word, fc.constantFrom('password=', 'password = ', 'sslpassword='), (secret, keyword) => {
        const quoted = `host=h ${keyword}'${secret}' port=1`;
        expect(redact(quoted)).not.toContain(secret);
      }),
    );
  });

  test('is quick on long hostile text', () => {
    const startedAtMs = performance.now();
    redact('password'.repeat(2000) + ' ='.repeat(2000) + "'".repeat(2000));
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  });
});
