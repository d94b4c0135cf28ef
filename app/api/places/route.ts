import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { readPlaces } from '@/lib/queries/places.ts';

/** Clusters and nodes by name, for the command palette. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => dataResponse(await readPlaces(actor)));
}
