import { decidingRoute } from '@/app/api/deciding-route.ts';
import { cancelOperation } from '@/lib/commands/operation/cancel.ts';

/** `{reason}`: asks the controller to cancel it and to roll back what was done. */
export async function POST(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return decidingRoute(request, context, cancelOperation);
}
