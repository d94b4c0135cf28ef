/** What every command about an existing operation begins with. */
import { findOperation } from '../../db/operations/operation-records.ts';
import type { OperationRecord } from '../../db/operations/operation-records.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import type { PrismaTransaction } from '../../db/ground/prisma.ts';
import type { ActionSubject } from '../../domain/operation/answers/actions.ts';
import { actionSubject, foldRun } from '../../queries/operations/subject.ts';
import { Refusal } from '../define.ts';

export interface DecidedOperation {
  record: OperationRecord;
  subject: ActionSubject;
  /** As the audit log names it. */
  label: string;
}

/** The operation, with what decides about it. Throws the refusal when there is none. */
export async function operationToDecide(tx: PrismaTransaction, id: string): Promise<DecidedOperation> {
  const record = await findOperation(queryableOf(tx), id);
  if (record === null) throw new Refusal('There is no operation of this id.', `operation:${id}`, { code: 'no-such-operation' });
  return { record, subject: actionSubject(record, foldRun(record)), label: `cluster:${record.slug}` };
}

/** Throws when there is a reason against it. */
export function refuseFor(reasons: readonly string[], label: string): void {
  if (reasons.length > 0) throw new Refusal(reasons, label, { code: 'not-now' });
}
