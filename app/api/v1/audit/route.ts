import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { parseAuditFilter, readAudit } from '@/lib/queries/audit/list.ts';

/** The audit log, newest first: `?actor=&action=&subject=&outcome=&from=&to=&cursor=`. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'audit.read', 'anywhere', async (actor) => {
    const query = new URL(request.url).searchParams;
    const filter = parseAuditFilter(query);
    if (!filter.ok) return problemResponse(400, filter.reasons.join(' '), { reasons: filter.reasons });
    return dataResponse(await readAudit(actor, filter.value, query.get('cursor')));
  });
}
