import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { isKind } from '@/lib/domain/operation/kinds/registry.ts';
import { parseDraft, requestOf } from '@/lib/domain/operation/request-address.ts';
import { previewOf } from '@/lib/queries/operations/plan.ts';

/** The plan of a page as it would be now, asked every few seconds. It is kept, once for each hash. */
export async function GET(request: Request, context: { params: Promise<{ slug: string; kind: string }> }): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const { slug, kind } = await context.params;
    if (!isKind(kind)) return problemResponse(404, 'There is no operation of this kind.');
    const wanted = requestOf(parseDraft(kind, Object.fromEntries(new URL(request.url).searchParams)));
    if (wanted === null) return problemResponse(400, 'Something that this operation needs is not chosen: name its target.');
    const preview = await previewOf(actor, slug, wanted);
    return preview === null ? problemResponse(404, 'There is no cluster with this name.') : dataResponse(withInertText(preview));
  });
}
