import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readFindings } from '@/lib/queries/findings.ts';

/** Every open finding of the fleet, grouped by cause. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) =>
    dataResponse(withInertText(await readFindings(actor, new Date()))),
  );
}
