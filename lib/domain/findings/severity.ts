/** Orders severities. */
import type { Severity } from './model.ts';

const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

/** The worse of two; `null` = nothing wrong. */
export function worse(a: Severity | null, b: Severity | null): Severity | null {
  if (a === null || b === null) return a ?? b;
  return RANK[a] >= RANK[b] ? a : b;
}
