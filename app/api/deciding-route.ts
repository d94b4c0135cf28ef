import { withInertText } from '@/lib/domain/format/inert-text.ts';
import type { CommandContext, CommandResult } from '@/lib/commands/define.ts';
import { operationAnswer } from '@/lib/queries/operations/answer.ts';
import { readOperation } from '@/lib/queries/operations/operation.ts';
import { dataResponse } from './authorised-route.ts';
import { changingRoute, refusedResponse } from './changing-route.ts';
import { NO_SUCH_OPERATION, problemResponse } from './problem-response.ts';

/** A command about an existing operation: the body is its input, the answer the operation as it then stands. */
export async function decidingRoute<Input>(
  request: Request,
  context: { params: Promise<{ id: string }> },
  command: (by: CommandContext, input: Input) => Promise<CommandResult<unknown>>,
): Promise<Response> {
  return changingRoute(request, 'cluster.read', async (by, body, actor) => {
    const { id } = await context.params;
    // The command parses what really came.
    const result = await command(by, { ...body, operation: id } as Input);
    if (!result.ok) return refusedResponse(result);
    const view = await readOperation(actor, id);
    return view === null ? problemResponse(404, NO_SUCH_OPERATION) : dataResponse(withInertText(operationAnswer(view)));
  });
}
