/** Estimates what each method of bringing a node back would take, for the choice among them. Pure. */
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import type { NodeStanding } from '../../lib/domain/operation/plan/node-standing.ts';
import type { RejoinMethod } from '../../lib/domain/operation/model.ts';

export interface MethodNote {
  note: string;
  /** Why not; `null` = it is possible. */
  why: string | null;
}

export function methodNotes(readiness: NodeStanding['readiness']): Record<RejoinMethod, MethodNote> {
  const noteOf = (method: RejoinMethod): MethodNote => {
    const { possible, reasons, bytes, estimate } = readiness[method];
    const figures = [estimate, bytes === null ? '' : `${formatBytes(bytes)} to copy.`, ...(possible ? reasons : [])];
    return { note: figures.filter((text) => text !== '').join(' '), why: possible ? null : reasons.join(' ') || 'It is not possible now.' };
  };
  return { rewind: noteOf('rewind'), 're-clone': noteOf('re-clone'), keep: noteOf('keep') };
}
