import { cache } from 'react';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import type { OperationView } from '@/lib/domain/operation/answers/answers.ts';
import { readOperation } from '@/lib/queries/operations/operation.ts';

/** The operation that the address names, read once for the title and the page of one request; `null` when there is none. */
export const operationOfPage = cache(async (id: string): Promise<OperationView | null> => {
  const actor = await requireActor('cluster.read', 'anywhere');
  const view = await orScreenError(() => readOperation(actor, id));
  return view === null ? null : withInertText(view);
});
