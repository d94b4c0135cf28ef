import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sameOriginPath } from './callback-path.ts';

const ORIGIN = 'https://farshore.example';

describe('sameOriginPath', () => {
  test.each([
    ['/clusters/payments', '/clusters/payments'],
    ['/clusters?sort=lag', '/clusters?sort=lag'],
    ['https://farshore.example/clusters', '/clusters'],
  ])('keeps %s', (wanted, path) => expect(sameOriginPath(wanted, ORIGIN)).toBe(path));

  test.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    '/\tevil',
    'https://evil.example/',
    'https://farshore.example.evil.example/',
    'https://farshore.example@evil.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    ' //evil.example',
    '/sign-in?callbackUrl=/sign-in',
    '/api/auth/signout',
    '',
    undefined,
    null,
    7,
    '/' + 'a'.repeat(5000),
  ])('refuses %j', (wanted) => expect(sameOriginPath(wanted, ORIGIN)).toBe('/'));

  test('whatever comes in, the browser stays on this origin', () => {
    const pieces = fc.array(fc.constantFrom('/', '\\', '.', '..', ':', '@', 'evil.example', 'https', '%2f', '%5c', '\t', '?', '#', ' '), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          pieces.map((parts) => parts.join('')),
        ),
        (wanted) => {
          const path = sameOriginPath(wanted, ORIGIN);
          expect(path.startsWith('/')).toBe(true);
          expect(new URL(path, ORIGIN).origin).toBe(ORIGIN);
        },
      ),
    );
  });
});
