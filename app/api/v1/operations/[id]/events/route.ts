import { authorisedRoute } from '@/app/api/authorised-route.ts';
import { operationStreamResponse } from '@/app/api/live-response.ts';
import { NO_SUCH_OPERATION, problemResponse } from '@/app/api/problem-response.ts';
import { openOperationEvents, readProgress } from '@/lib/queries/operations/live-stream.ts';

const SEQUENCE = /^\d{1,9}$/;

/** Server-sent events: `snapshot`, then each `event` of the journal, until `end`. Last-Event-ID resumes from there. */
export async function GET(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const { id } = await context.params;
    const progress = await readProgress(actor, id);
    if (progress === null) return problemResponse(404, NO_SUCH_OPERATION);
    const lastSeen = request.headers.get('last-event-id') ?? '';
    const afterSequence = SEQUENCE.test(lastSeen) ? Number(lastSeen) : null;
    // 204 tells an EventSource that it need not come back.
    if (progress.ended && afterSequence === progress.sequence) return new Response(null, { status: 204 });
    return operationStreamResponse(request, actor, (watching) => openOperationEvents({ ...watching, id, afterSequence }));
  });
}
