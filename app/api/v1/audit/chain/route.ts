import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { readChainStatus } from '@/lib/queries/audit/chain.ts';

/** State of the audit log's hash chain, how far it was verified and when. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'audit.read', 'fleet', async (actor) => dataResponse(await readChainStatus(actor)));
}
