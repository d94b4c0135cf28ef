import { authorisedRoute } from '@/app/api/authorised-route.ts';
import { liveResponse } from '@/app/api/live-response.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { ageClusterView } from '@/lib/domain/topology/age.ts';
import { readCluster } from '@/lib/queries/cluster.ts';

/** Server-sent events: the view of one cluster, now and whenever it changes. */
export async function GET(request: Request, context: { params: Promise<{ slug: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const cluster = await readCluster(actor, (await context.params).slug);
    if (cluster === null) return problemResponse(404, 'There is no cluster with this name. GET /api/v1/clusters lists them.');
    return liveResponse(request, actor, cluster.slug, (views, nowMs) => views.map((view) => ageClusterView(withInertText(view), nowMs)));
  });
}
