/** Runs once when the server starts: refuses to start with a wrong environment, and ends streams when it is told to stop. */
export async function register(): Promise<void> {
  if (process.env['NEXT_RUNTIME'] !== 'nodejs' || process.env['NEXT_PHASE'] === 'phase-production-build') return;
  const { startWeb } = await import('./lib/queries/start-web.ts');
  startWeb();
}
