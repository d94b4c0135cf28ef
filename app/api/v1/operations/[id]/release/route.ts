import { decidingRoute } from '@/app/api/deciding-route.ts';
import { releaseOperation } from '@/lib/commands/operation/release.ts';

/** `{reason}`: lets a held operation try its step again. */
export async function POST(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  return decidingRoute(request, context, releaseOperation);
}
