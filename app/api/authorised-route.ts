import { auditDenied, isDatabaseUnavailable, requestActor } from '@/lib/auth/session.ts';
import type { Reach } from '@/lib/auth/session.ts';
import { NotAllowedError } from '@/lib/domain/policy/authorise.ts';
import type { Actor, Permission } from '@/lib/domain/policy/permissions.ts';
import { problemResponse } from './problem-response.ts';

/** Answers a request of somebody allowed by `work`, which asks about its object itself; everybody else, and every failure, gets a problem. */
export async function authorisedRoute(
  request: Request,
  permission: Permission,
  reach: Reach,
  work: (actor: Actor) => Promise<Response>,
): Promise<Response> {
  let actor: Actor | null = null;
  try {
    const found = await requestActor(request, permission, reach);
    if (!found.ok) return problemResponse(found.status, found.detail);
    actor = found.actor;
    return await work(actor);
  } catch (error) {
    if (error instanceof NotAllowedError && actor !== null) {
      await auditDenied(actor, error.permission);
      return problemResponse(403, error.message);
    }
    if (isDatabaseUnavailable(error)) {
      console.error('[web] The control database could not be queried:', (error as Error).message);
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
