import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readNodeStanding } from '@/lib/queries/operations/node-standing.ts';

/** A node's rights by the leadership it knows of, and how it could be brought back: for its page. */
export async function GET(request: Request, context: { params: Promise<{ cluster: string; node: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const { cluster, node } = await context.params;
    const standing = await readNodeStanding(actor, cluster, node);
    if (standing === null) return problemResponse(404, 'There is no node with this name, or no controller has looked at its cluster yet.');
    return dataResponse(withInertText(standing));
  });
}
