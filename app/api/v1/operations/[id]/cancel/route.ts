import { decidingRoute } from '@/app/api/deciding-route.ts';
import { cancelOperation } from '@/lib/commands/operation/cancel.ts';

/** `{reason}`: asks the controller to call it off and to take back what was done. */
export async function POST(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return decidingRoute(request, context, cancelOperation);
}
