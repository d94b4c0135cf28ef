import { authorisedRoute } from '@/app/api/authorised-route.ts';
import { operationStreamResponse } from '@/app/api/live-response.ts';
import { NO_SUCH_OPERATION, problemResponse } from '@/app/api/problem-response.ts';
import { openOperationViews, readProgress } from '@/lib/queries/operations/live-stream.ts';

/** Server-sent events for the run page: the whole view (`operation`) with each change, beginning with the present. */
export async function GET(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', async (actor) => {
    const { id } = await context.params;
    if ((await readProgress(actor, id)) === null) return problemResponse(404, NO_SUCH_OPERATION);
    return operationStreamResponse(request, actor, (watching) => openOperationViews({ ...watching, id }));
  });
}
