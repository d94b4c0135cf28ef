import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { countOpenFindings } from '@/lib/queries/open-findings.ts';

/** How many findings are open, by severity; asked by the header of an open page. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => dataResponse(await countOpenFindings(actor, Date.now())));
}
