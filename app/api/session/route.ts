import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { rolesInWords } from '@/lib/domain/policy/access.ts';

/** The person of the current session; 401 when it has ended. Called by a page whose live stream broke. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) =>
    dataResponse(actor.kind === 'user' ? { kind: 'user', email: actor.email, roles: rolesInWords(actor.scopes) } : { kind: actor.kind }),
  );
}
