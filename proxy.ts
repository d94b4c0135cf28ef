import { NextResponse } from 'next/server';
import type { NextRequest } from 'next/server';
import { contentSecurityPolicy, isSecureUrl, securityHeaders } from './lib/auth/security-headers.ts';

/** Headers that only Next itself may set between its own layers; from outside they have been used to get around checks. */
const INTERNAL_HEADER = /^x-(middleware|nextjs|next)-|^x-nonce$/i;

/** Sets security headers, with a fresh nonce for each request. It authorises nothing: pages, routes and actions do. */
export function proxy(request: NextRequest): NextResponse {
  const secure = isSecureUrl(process.env['NEXTAUTH_URL']);
  const nonce = Buffer.from(crypto.randomUUID()).toString('base64');
  const policy = contentSecurityPolicy(nonce, secure);

  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()]) if (INTERNAL_HEADER.test(name)) headers.delete(name);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  headers.set('x-farshore-path', request.nextUrl.pathname + request.nextUrl.search);

  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  for (const [name, value] of Object.entries(securityHeaders(secure))) response.headers.set(name, value);
  return response;
}

/** Built files have content hashes in their names, hold no data and may be cached for ever. */
export const config = { matcher: ['/((?!_next/static/|favicon.svg).*)'] };
