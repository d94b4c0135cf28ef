/**
 * Checks that a changing request was sent by a page of this application. Next compares Origin with X-Forwarded-Host, which a caller may
 * write, and lets a request without Origin pass; here neither is trusted.
 */
export function isOwnOrigin(origin: string | null, host: string | null, publicUrl: string): boolean {
  if (origin === null || !URL.canParse(origin)) return false;
  const sent = new URL(origin);
  if (sent.origin === new URL(publicUrl).origin) return true;
  // Reached by another name of this host, such as localhost for 127.0.0.1: the page and the request then name the same host.
  return sent.protocol === 'http:' && !publicUrl.startsWith('https:') && host !== null && sent.host === host;
}
