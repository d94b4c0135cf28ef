/**
 * Whether this process answers. Says nothing about the database or any cluster, and needs no session. `instance` repeats
 * FARSHORE_INSTANCE (a random word), so that who started it knows that it is not another process that has the port.
 */
export function GET(): Response {
  return Response.json({ status: 'ok', instance: process.env['FARSHORE_INSTANCE'] ?? null }, { headers: { 'Cache-Control': 'no-store' } });
}
export const dynamic = 'force-dynamic';
