import { authorisedRoute } from '@/app/api/authorised-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { readArtifact } from '@/lib/queries/operations/operation.ts';

/** What a run left, such as a loss ledger, as a download: its contents are data of the customer, and are never shown as a page. */
export async function GET(request: Request, context: { params: Promise<{ id: string; name: string }> }): Promise<Response> {
  return authorisedRoute(request, 'ledger.read', async (actor) => {
    const { id, name } = await context.params;
    const artifact = await readArtifact(actor, id, name);
    if (artifact === null) {
      return problemResponse(404, 'This operation left nothing of this name. GET /api/v1/operations/:id lists what it left.');
    }
    return new Response(artifact.body, {
      headers: {
        'Content-Type': /^(application\/json|text\/csv|text\/plain)\b/.test(artifact.contentType)
          ? artifact.contentType
          : 'application/octet-stream',
        'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
      },
    });
  });
}
