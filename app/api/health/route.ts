/**
 * Answers while this process runs, without a session; says nothing about the database or any cluster. `instance` repeats FARSHORE_INSTANCE
 * (a random word): proof that no other process has the port.
 */
export function GET(): Response {
  return Response.json({ status: 'ok', instance: process.env['FARSHORE_INSTANCE'] ?? null }, { headers: { 'Cache-Control': 'no-store' } });
}
export const dynamic = 'force-dynamic';
