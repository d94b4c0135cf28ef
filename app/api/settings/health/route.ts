import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOwnHealth } from '@/lib/queries/settings/own-health.ts';

export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'fleet', async (actor) =>
    dataResponse(withInertText(await readOwnHealth(actor, new Date()))),
  );
}
