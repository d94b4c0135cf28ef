import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { readNode } from '@/lib/queries/node.ts';

/** The node's page beside the live view and the charts: settings, access, certificates, parity, history. */
export async function GET(request: Request, context: { params: Promise<{ cluster: string; node: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const { cluster, node } = await context.params;
    const details = await readNode(actor, cluster, node);
    return details === null ? problemResponse(404, 'There is no node with this name in this cluster.') : dataResponse(details);
  });
}
