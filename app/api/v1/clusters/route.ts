import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { clustersAnswer } from '@/lib/queries/clusters-answer.ts';
import { readClusters } from '@/lib/queries/clusters.ts';

export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) =>
    dataResponse(clustersAnswer(await readClusters(actor), Date.now())),
  );
}
