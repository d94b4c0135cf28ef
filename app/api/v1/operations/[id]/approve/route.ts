import { decidingRoute } from '@/app/api/deciding-route.ts';
import { approveOperation } from '@/lib/commands/operation/approve.ts';

/** `{planHash, decision, reason}`: a second person’s decision. Needs a session: a token never approves. */
export async function POST(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return decidingRoute(request, context, approveOperation);
}
