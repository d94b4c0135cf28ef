import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { readCluster } from '@/lib/queries/cluster.ts';
import { topologyAnswer } from '@/lib/queries/topology-answer.ts';

export async function GET(request: Request, context: { params: Promise<{ slug: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const cluster = await readCluster(actor, (await context.params).slug);
    if (cluster === null) return problemResponse(404, 'There is no cluster with this name. GET /api/v1/clusters lists them.');
    return dataResponse(topologyAnswer(cluster, Date.now()));
  });
}
