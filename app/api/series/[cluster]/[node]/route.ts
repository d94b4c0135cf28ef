import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { parseSeriesRequest, readNodeSeries } from '@/lib/queries/node-series.ts';

/** Metrics of one node over a period: `?metric=lagMs,commitMs&from=…&to=…&points=600`. */
export async function GET(request: Request, context: { params: Promise<{ cluster: string; node: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const { cluster, node } = await context.params;
    const wanted = parseSeriesRequest(cluster, node, new URL(request.url).searchParams, Date.now());
    if (typeof wanted === 'string') return problemResponse(400, wanted);
    const series = await readNodeSeries(actor, wanted);
    return series === null ? problemResponse(404, 'There is no node with this name in this cluster.') : dataResponse(series);
  });
}
