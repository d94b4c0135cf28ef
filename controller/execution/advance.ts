import type { Advance } from '../../lib/db/operations/operations.ts';

/** An advance of nothing, to be filled. */
export const emptyAdvance = (operation: string): Advance => ({
  operation,
  events: [],
  commands: [],
  results: [],
  artifacts: [],
  state: null,
  outcome: null,
  taken: { cancel: false, release: false },
});
