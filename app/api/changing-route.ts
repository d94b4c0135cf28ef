/** Runs what every changing request shares: identity, origin, body, and how a command's answer is returned. */
import { isFromOwnPage } from '@/lib/auth/session.ts';
import { webCommandContext } from '@/lib/commands/web-context.ts';
import type { CommandContext, CommandResult } from '@/lib/commands/define.ts';
import type { Actor, Permission } from '@/lib/domain/policy/permissions.ts';
import { whyTooFast } from '@/app/change-rate.ts';
import { authorisedRoute } from './authorised-route.ts';
import { readJsonBody } from './json-body.ts';
import { problemResponse } from './problem-response.ts';
import type { ProblemStatus } from './problem-response.ts';

export type Asking = Extract<Actor, { kind: 'user' | 'apiToken' }>;

/**
 * A session counts only from a page of this application, because its cookie is sent automatically; a token is not. The command authorises
 * on its object; `permission`, held anywhere, is needed to get that far.
 */
export async function changingRoute(
  request: Request,
  permission: Permission,
  work: (context: CommandContext, body: Record<string, unknown>, actor: Asking) => Promise<Response>,
): Promise<Response> {
  return authorisedRoute(request, permission, 'anywhere', async (actor) => {
    if (actor.kind === 'system') return problemResponse(403, 'This process uses the control database, not the web application.');
    if (actor.kind === 'user' && !isFromOwnPage(request)) {
      return problemResponse(403, 'The request did not come from a page of Farshore. Programs use an API token.');
    }
    const tooFast = whyTooFast(actor);
    if (tooFast !== null) return problemResponse(429, tooFast);
    const body = await readJsonBody(request);
    if (!body.ok) return body.response;
    return work(webCommandContext(actor), body.value as Record<string, unknown>, actor);
  });
}

const NOT_FOUND_CODES = new Set(['no-such-cluster', 'no-such-plan', 'no-such-operation', 'no-such-artifact']);
const UNCONFIRMED_CODES = new Set(['name-not-typed', 'not-acknowledged']);

/** The problem that a command's refusal is: its sentences in `reasons`, as the screens show them. */
export function refusedResponse(result: Extract<CommandResult<unknown>, { ok: false }>): Response {
  const { reasons, particulars } = result;
  return problemResponse(statusOf(result), reasons.join(' '), { reasons, ...particulars });
}

function statusOf({ kind, particulars }: Extract<CommandResult<unknown>, { ok: false }>): ProblemStatus {
  if (kind === 'denied') return 403;
  if (kind === 'invalid') return 400;
  const code = particulars?.code ?? '';
  if (NOT_FOUND_CODES.has(code)) return 404;
  return UNCONFIRMED_CODES.has(code) ? 422 : 409;
}
