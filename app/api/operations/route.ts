import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { parsePageFilter, statesOf } from '@/lib/domain/operation/answers/page-filter.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOperations } from '@/lib/queries/operations/list.ts';

/** The list of operations as its page shows it, asked every few seconds. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const params = Object.fromEntries(new URL(request.url).searchParams);
    const { cluster, kind, which } = parsePageFilter(params);
    const cursor = params['cursor'] ?? null;
    const answer = await readOperations(actor, { cluster, kinds: kind === null ? null : [kind], states: statesOf(which), cursor });
    return dataResponse(withInertText(answer));
  });
}
