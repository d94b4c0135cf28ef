import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readEnrolment } from '@/lib/queries/settings/registry.ts';

/** How one node is on its way under observation. */
export async function GET(request: Request, context: { params: Promise<{ cluster: string; node: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const { cluster, node } = await context.params;
    const enrolment = await readEnrolment(actor, cluster, node, new Date());
    return enrolment === null ? problemResponse(404, 'There is no such node in that cluster.') : dataResponse(withInertText(enrolment));
  });
}
