import { describe, expect, test } from 'vitest';
import { cookieNames } from './options.ts';

describe('cookies', () => {
  test('by https only this host over https can set or read them', () => {
    const { sessionToken, csrfToken } = cookieNames('https://farshore.example');
    expect(sessionToken).toMatchObject({
      name: '__Host-farshore-session',
      options: { secure: true, httpOnly: true, sameSite: 'lax', path: '/' },
    });
    expect(csrfToken?.name).toBe('__Host-farshore-csrf');
    expect(sessionToken?.options).not.toHaveProperty('domain');
  });

  test('two installs on one machine do not share theirs', () => {
    expect(cookieNames('http://127.0.0.1:4000').sessionToken?.name).not.toBe(cookieNames('http://127.0.0.1:4001').sessionToken?.name);
    expect(cookieNames('http://localhost').sessionToken).toMatchObject({
      name: 'farshore-session',
      options: { secure: false, httpOnly: true },
    });
  });
});
