import { decidingRoute } from '@/app/api/deciding-route.ts';
import { acknowledgeOperation } from '@/lib/commands/operation/acknowledge.ts';

/** `{note}`: a person has read the result. Needs a session. */
export async function POST(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return decidingRoute(request, context, acknowledgeOperation);
}
