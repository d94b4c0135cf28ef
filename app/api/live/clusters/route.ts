import { authorisedRoute } from '@/app/api/authorised-route.ts';
import { liveResponse } from '@/app/api/live-response.ts';
import { liveSummary } from '@/lib/queries/live-stream.ts';

/** Server-sent events: summaries of the clusters that changed, beginning with all. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) =>
    liveResponse(request, actor, null, (views, nowMs) => views.map((view) => liveSummary(view, nowMs))),
  );
}
