/** Identifies the caller: used by every page, route and action before it reads or does anything. */
import { getServerSession } from 'next-auth';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import { actorLabel, appendAudit } from '../audit/append.ts';
import { webDatabase, inTransaction, isDatabaseUnavailable } from '../db/ground/web-database.ts';
import { NotAllowedError } from '../domain/policy/authorise.ts';
import { mayActor, mayAnywhere, whyDenied } from '../domain/policy/permissions.ts';
import type { Actor, Permission } from '../domain/policy/permissions.ts';
import { readWebConfig } from '../config/web.ts';
import { sameOriginPath } from './callback-path.ts';
import { identifyBearer, identifySession } from './identify.ts';
import { authOptions, cookieNames } from './options.ts';
import { isOwnOrigin } from './request-origin.ts';
import { signOutSession } from './sign-in.ts';

export { isDatabaseUnavailable } from '../db/ground/web-database.ts';

type User = Extract<Actor, { kind: 'user' }>;

/** Errors with these digests reach the error page by name; every other error is only a number there. */
export const DATABASE_DOWN_DIGEST = 'FARSHORE_DATABASE_DOWN';
export const FORBIDDEN_DIGEST = 'FARSHORE_FORBIDDEN';

/** A refusal or outage that the error page explains. */
export class ScreenError extends Error {
  readonly digest: string;
  constructor(digest: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.digest = digest;
  }
}

/** Runs what a page reads; a refusal and an outage of the control database become the screens that say so. */
export async function orScreenError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotAllowedError) throw new ScreenError(FORBIDDEN_DIGEST, error.message, { cause: error });
    if (!isDatabaseUnavailable(error)) throw error;
    console.error('[web] The control database could not be asked:', (error as Error).message);
    throw new ScreenError(DATABASE_DOWN_DIGEST, 'The control database could not be asked.', { cause: error });
  }
}

/** The signed-in user of the current request, checked in the database once a request; `null` when nobody is. */
export const currentUser = cache(async (): Promise<User | null> => {
  const session = await getServerSession(authOptions());
  return identifySession(webDatabase(), session?.sessionId, Date.now());
});

/**
 * A page's or route's object before anything is read: the whole fleet, or anything on which the actor holds the permission. The query or
 * command then checks the cluster itself.
 */
export type Reach = 'fleet' | 'anywhere';

const mayReach = (actor: Actor, permission: Permission, reach: Reach): boolean =>
  reach === 'fleet' ? mayActor(actor, permission, 'fleet') : mayAnywhere(actor, permission);

/**
 * For pages and actions: the user, if signed in and allowed. Otherwise goes to the sign-in page, or throws the error that the
 * "not allowed" screen shows (audited).
 */
export async function requireActor(permission: Permission, reach: Reach): Promise<User> {
  const user = await orScreenError(currentUser);
  if (user === null) redirect(await signInPath());
  if (!mayReach(user, permission, reach)) {
    await auditDenied(user, permission);
    throw new ScreenError(FORBIDDEN_DIGEST, whyDenied(user, permission, 'fleet') ?? 'Not allowed.');
  }
  return user;
}

export type RequestActor = { ok: true; actor: Actor } | { ok: false; status: 401 | 403; detail: string };

/** For routes: the bearer token when there is one, else the session's user. Denials of somebody known are audited. */
export async function requestActor(request: Request, permission: Permission, reach: Reach): Promise<RequestActor> {
  const authorization = request.headers.get('authorization');
  const actor = authorization === null ? await currentUser() : await identifyBearer(webDatabase(), authorization, Date.now());
  if (actor === null) {
    const detail =
      authorization === null
        ? 'Sign in, or send an API token as “Authorization: Bearer …”.'
        : 'The API token is unknown, expired or revoked. Ask an administrator for a new one.';
    return { ok: false, status: 401, detail };
  }
  if (mayReach(actor, permission, reach)) return { ok: true, actor };
  await auditDenied(actor, permission);
  return { ok: false, status: 403, detail: whyDenied(actor, permission, 'fleet') ?? 'Not allowed.' };
}

/** Asks the database who an actor is now, with what they hold now: for streams that stay open. `null`: they count no more. */
export async function actorAgain(actor: Actor, authorization: string | null): Promise<Actor | null> {
  return actor.kind === 'user'
    ? identifySession(webDatabase(), actor.sessionId, Date.now())
    : identifyBearer(webDatabase(), authorization, Date.now());
}

/** Ends the current session and forgets its cookie. */
export async function endCurrentSession(): Promise<void> {
  const user = await orScreenError(currentUser);
  if (user !== null) await signOutSession(webDatabase(), user.sessionId, Date.now());
  const name = cookieNames(readWebConfig().publicUrl).sessionToken?.name;
  if (name !== undefined) (await cookies()).delete({ name, path: '/', secure: name.startsWith('__Host-') });
}

/** For actions: refuses a request that did not come from a page of this application. */
export async function requireOwnOrigin(): Promise<void> {
  const sent = await headers();
  if (!isOwnOrigin(sent.get('origin'), sent.get('host'), readWebConfig().publicUrl)) {
    throw new ScreenError(FORBIDDEN_DIGEST, 'The request did not come from a page of Farshore.');
  }
}

/** The same for routes. */
export function isFromOwnPage(request: Request): boolean {
  return isOwnOrigin(request.headers.get('origin'), request.headers.get('host'), readWebConfig().publicUrl);
}

/** The sign-in page, told where to return to and whether a session was lost. */
async function signInPath(): Promise<string> {
  const wanted = sameOriginPath((await headers()).get('x-farshore-path'));
  const name = cookieNames(readWebConfig().publicUrl).sessionToken?.name ?? '';
  const lost = (await cookies()).has(name);
  const query = new URLSearchParams({ ...(wanted !== '/' ? { callbackUrl: wanted } : {}), ...(lost ? { reason: 'session-ended' } : {}) });
  return query.size === 0 ? '/sign-in' : `/sign-in?${query}`;
}

export async function auditDenied(actor: Actor, permission: Permission): Promise<void> {
  await inTransaction(webDatabase(), (client) =>
    appendAudit(client, { at: new Date(), actor: actorLabel(actor), action: 'access', subject: permission, outcome: 'denied', body: {} }),
  );
}
