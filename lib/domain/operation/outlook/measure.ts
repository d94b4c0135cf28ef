/** Measures a run by the rule of its kind, and reads what earlier runs stored. */
import { kindOf } from '../kinds/registry.ts';
import type { ListedFigures } from '../kind.ts';
import type { Measured, OperationKind, Plan, RecordedEvent } from '../model.ts';

export const measure = (plan: Plan, events: readonly RecordedEvent[]): Measured => kindOf(plan.request.kind).measured.of(plan, events);

/** As stored in the control database, perhaps by an earlier release. */
export const readMeasured = (kind: OperationKind, stored: object | null): Measured | null =>
  stored === null ? null : kindOf(kind).measured.read(stored);

export const listedFigures = (kind: OperationKind, stored: object | null): ListedFigures | null => {
  const { measured } = kindOf(kind);
  return stored === null ? null : measured.inList(measured.read(stored));
};
