import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { NO_SUCH_OPERATION, problemResponse } from '@/app/api/problem-response.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOperation } from '@/lib/queries/operations/operation.ts';

/** A run as its page shows it: plan, steps, commands, decisions, and what this person may do. */
export async function GET(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const view = await readOperation(actor, (await context.params).id);
    return view === null ? problemResponse(404, NO_SUCH_OPERATION) : dataResponse(withInertText(view));
  });
}
