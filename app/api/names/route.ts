import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { readNames } from '@/lib/queries/names.ts';

/** Every name of a cluster or node that may stand in a page, to be hidden in pictures. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => dataResponse(await readNames(actor)));
}
