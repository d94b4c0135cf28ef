import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { parseHistoryDays } from '@/lib/domain/findings/listing.ts';
import { readFindingHistory } from '@/lib/queries/findings.ts';

/** Findings that were resolved in the last `days` (7 or 30), by what they were about. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const days = parseHistoryDays(new URL(request.url).searchParams.get('days'));
    return dataResponse(withInertText(await readFindingHistory(actor, days, new Date())));
  });
}
