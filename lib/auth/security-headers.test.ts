import { describe, expect, test } from 'vitest';
import { contentSecurityPolicy, isSecureUrl, securityHeaders } from './security-headers.ts';

describe('security headers', () => {
  test('scripts run by nonce only', () => {
    const policy = contentSecurityPolicy('abc', false);
    const directive = (name: string) => policy.split('; ').find((part) => part.startsWith(`${name} `));
    expect(directive('script-src')).toBe("script-src 'self' 'nonce-abc' 'strict-dynamic'");
    expect(directive('style-src')).not.toContain('unsafe');
    expect(policy).not.toContain('unsafe-eval');
    for (const name of ['object-src', 'base-uri', 'frame-ancestors', 'default-src']) expect(directive(name)).toBe(`${name} 'none'`);
  });

  test('https is insisted on only where people use https', () => {
    expect(securityHeaders(true)['Strict-Transport-Security']).toMatch(/max-age=\d{8}; includeSubDomains/);
    expect(securityHeaders(false)).not.toHaveProperty('Strict-Transport-Security');
    expect(isSecureUrl('https://farshore.example')).toBe(true);
    for (const url of ['http://localhost:3000', undefined, '', 'httpsx://']) expect(isSecureUrl(url)).toBe(false);
  });
});
