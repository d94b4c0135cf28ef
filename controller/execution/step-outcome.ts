/** How one attempt of a step ended, wherever it was done. */
import type { FailureKind } from '../../lib/domain/operation/model.ts';

export type StepOutcome = { status: 'done'; evidence: unknown } | { status: 'failed'; failure: FailureKind; code: string; reason: string };

/** `reason` is a sentence with what is in the way and what to do. */
export const failed = (failure: FailureKind, code: string, reason: string): StepOutcome => ({ status: 'failed', failure, code, reason });
