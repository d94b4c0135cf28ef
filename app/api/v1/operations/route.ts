import { authorisedRoute, dataResponse } from '@/app/api/authorised-route.ts';
import { changingRoute, refusedResponse } from '@/app/api/changing-route.ts';
import { problemResponse } from '@/app/api/problem-response.ts';
import { requestOperation } from '@/lib/commands/operation/request.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { operationAnswer } from '@/lib/queries/operations/answer.ts';
import { parseListFilter } from '@/lib/domain/operation/answers/list-filter.ts';
import { readOperations } from '@/lib/queries/operations/list.ts';
import { readOperation } from '@/lib/queries/operations/operation.ts';
import { readClusterOfPlan } from '@/lib/queries/operations/plan.ts';

/** `?cluster=&kind=&state=&limit=&cursor=`; kinds and states separated by commas, `open` and `ended` stand for several states. */
export async function GET(request: Request): Promise<Response> {
  return authorisedRoute(request, 'cluster.read', 'anywhere', async (actor) => {
    const filter = parseListFilter(new URL(request.url).searchParams);
    if (!filter.ok) return problemResponse(400, filter.reasons.join(' '), { reasons: filter.reasons });
    return dataResponse(withInertText(await readOperations(actor, filter.value)));
  });
}

/**
 * `{planHash, reason, confirm, ticket, acknowledgedRisks}` with the header Idempotency-Key: requests what the plan says. `confirm` is the
 * short name of the cluster. A person has to type it; for a program, the hash of a plan of that cluster says as much.
 */
export async function POST(request: Request): Promise<Response> {
  return changingRoute(request, 'cluster.read', async (by, body, actor) => {
    const { planHash, reason, confirm, ticket, acknowledgedRisks } = body;
    const cluster = await readClusterOfPlan(actor, typeof planHash === 'string' ? planHash : '');
    if (cluster === null) {
      return problemResponse(404, 'There is no plan with this hash, or it has expired. POST /api/v1/clusters/:slug/plans makes one.', {
        code: 'no-such-plan',
      });
    }
    const typedName = confirm ?? (actor.kind === 'apiToken' ? cluster : '');
    const idempotencyKey = request.headers.get('idempotency-key');
    // The command parses what really came.
    const input = { cluster, planHash, reason, ticket, acknowledgedRisks, typedName, idempotencyKey };
    const result = await requestOperation(by, input as Parameters<typeof requestOperation>[1]);
    if (!result.ok) return refusedResponse(result);
    const { id, existed } = result.value;
    const view = await readOperation(actor, id);
    return Response.json(view === null ? { id } : withInertText(operationAnswer(view)), {
      status: existed ? 200 : 201,
      headers: { 'Cache-Control': 'no-store', Location: `/api/v1/operations/${id}` },
    });
  });
}
