import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readRunning } from '@/lib/queries/operations/running.ts';

/** The operations of a cluster that have not ended, for the strip on its pages. */
export async function GET(request: Request, context: { params: Promise<{ slug: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) =>
    dataResponse(withInertText(await readRunning(actor, (await context.params).slug))),
  );
}
