/** Has the guard look at once whether the node may still be writable: who leads was noted before. */
import type { Performer } from './performer.ts';

export const perform: Performer<'note-term'> = async (_args, { self }) => {
  const stopped = await self.enforceLeadership();
  return { holdsLeadership: self.leads(), stopped };
};
