/** Where to go after sign-in: only ever a path of this application. */

const LONGEST_PATH_CHARACTERS = 2_000;
/** An origin that no real address has, to see whether a text would leave it. */
const PROBE_ORIGIN = 'http://farshore.invalid';

/**
 * The path (with query) that `wanted` names, if it stays on `origin`; else `/`. Refuses protocol-relative addresses, backslashes,
 * control characters, other schemes, and the sign-in page itself, which would loop.
 */
export function sameOriginPath(wanted: unknown, origin: string = PROBE_ORIGIN): string {
  if (typeof wanted !== 'string' || wanted.length > LONGEST_PATH_CHARACTERS) return '/';
  if (/[\\\u0000-\u0020\u007f]/.test(wanted)) return '/';
  const relative = wanted.startsWith('/');
  if (relative && wanted.startsWith('//')) return '/';
  if (!relative && !wanted.startsWith(`${origin}/`)) return '/';
  let url: URL;
  try {
    url = new URL(wanted, origin);
  } catch {
    return '/';
  }
  // Dot segments can leave a path that begins with two slashes, which a browser would read as a host.
  if (url.origin !== new URL(origin).origin || url.pathname.startsWith('//')) return '/';
  if (url.pathname === '/sign-in' || url.pathname.startsWith('/api/')) return '/';
  return url.pathname + url.search;
}
