import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readArchive } from '@/lib/queries/archive.ts';

export async function GET(request: Request, context: { params: Promise<{ slug: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const answer = await readArchive(actor, (await context.params).slug);
    if (answer === null) return problemResponse(404, 'There is no cluster with this name. GET /api/v1/clusters lists them.');
    return dataResponse(withInertText(answer));
  });
}
