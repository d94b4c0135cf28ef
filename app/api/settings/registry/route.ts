import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readRegistry } from '@/lib/queries/settings/registry.ts';

export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) =>
    dataResponse(withInertText(await readRegistry(actor, new Date()))),
  );
}
