import { authorisedRoute } from '@/app/api/authorised-route.ts';
import { refusedResponse } from '@/app/api/changing-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { whyTooFast } from '@/app/change-rate.ts';
import { downloadArtifact } from '@/lib/commands/operation/download.ts';
import { webCommandContext } from '@/lib/commands/web-context.ts';

/** A file that a run left, such as a loss ledger, as a download: customer data, never shown as a page. */
export async function GET(request: Request, context: { params: Promise<{ id: string; name: string }> }): Promise<Response> {
  return authorisedRoute(request, 'ledger.read', 'anywhere', async (actor) => {
    if (actor.kind === 'system') return problemResponse(403, 'This process uses the control database, not the web application.');
    const tooFast = whyTooFast(actor);
    if (tooFast !== null) return problemResponse(429, tooFast);
    const { id, name } = await context.params;
    const result = await downloadArtifact(webCommandContext(actor), { operation: id, name });
    if (!result.ok) return refusedResponse(result);
    const { contentType, body } = result.value;
    return new Response(body, {
      headers: {
        'Content-Type': /^(application\/json|text\/csv|text\/plain)\b/.test(contentType) ? contentType : 'application/octet-stream',
        'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
      },
    });
  });
}
