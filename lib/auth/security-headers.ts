/** The headers that every answer of the web process carries. Pure, so that the proxy and its test agree. */

const HSTS_SECONDS = 2 * 365 * 24 * 3600;

/** Scripts run only with this request's nonce. Inline style *attributes* are allowed: the topology positions its nodes by them. */
export function contentSecurityPolicy(nonce: string, secure: boolean): string {
  const directives = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return (secure ? [...directives, 'upgrade-insecure-requests'] : directives).join('; ');
}

/** Everything but the policy above. `secure`: the application is reached by https, so browsers may be told to insist on it. */
export function securityHeaders(secure: boolean): Record<string, string> {
  return {
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cache-Control': 'no-store',
    ...(secure ? { 'Strict-Transport-Security': `max-age=${HSTS_SECONDS}; includeSubDomains` } : {}),
  };
}

/** From NEXTAUTH_URL. Absent or broken counts as not. */
export function isSecureUrl(url: string | undefined): boolean {
  return url !== undefined && url.toLowerCase().startsWith('https://');
}
