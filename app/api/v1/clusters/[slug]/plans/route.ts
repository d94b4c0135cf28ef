import { dataResponse } from '@/app/api/authorised-route.ts';
import { changingRoute, refusedResponse } from '@/app/api/changing-route.ts';
import { planOperationNow } from '@/lib/commands/operation/plan.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';

/** A dry run: `{kind, target, …}` → what would be done, its hash, and every check. Changes nothing of the cluster. */
export async function POST(request: Request, context: { params: Promise<{ slug: string }> }): Promise<Response> {
  return changingRoute(request, 'cluster.read', async (by, { differenceTo, ...asked }) => {
    const { slug } = await context.params;
    // The command parses what really came.
    const input = { cluster: slug, request: asked, differenceTo } as Parameters<typeof planOperationNow>[1];
    const result = await planOperationNow(by, input);
    return result.ok ? dataResponse(withInertText(result.value)) : refusedResponse(result);
  });
}
