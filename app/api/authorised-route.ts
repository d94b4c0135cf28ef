import { isDatabaseUnavailable, requestActor } from '@/lib/auth/session.ts';
import type { Actor, Permission } from '@/lib/domain/policy/permissions.ts';
import { problemResponse } from './problem-response.ts';

/** Answers a request of somebody allowed by `work`; everybody else, and every failure, gets a problem. */
export async function authorisedRoute(
  request: Request,
  permission: Permission,
  work: (actor: Actor) => Promise<Response>,
): Promise<Response> {
  try {
    const found = await requestActor(request, permission);
    if (!found.ok) return problemResponse(found.status, found.detail);
    return await work(found.actor);
  } catch (error) {
    if (isDatabaseUnavailable(error)) {
      console.error('[web] The control database could not be asked:', (error as Error).message);
      return problemResponse(503, 'The control database does not answer. The clusters are not affected. Try again in a few seconds.');
    }
    console.error(`[web] ${request.method} ${new URL(request.url).pathname} failed:`, error);
    return problemResponse(500, 'Farshore’s web application failed; its log says why. Try again, then tell your administrator.');
  }
}

/** JSON that no cache keeps. */
export function dataResponse(data: unknown): Response {
  return Response.json(data, { headers: { 'Cache-Control': 'no-store' } });
}
