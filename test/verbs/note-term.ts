import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'note-term'> = (_args, world) => {
  const stopped = world.enforceLeadership();
  return done({ holdsLeadership: world.leads(), stopped });
};
