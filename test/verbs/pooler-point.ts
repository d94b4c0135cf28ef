import { done, refused } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'pooler-point'> = ({ pooler: name, primary }, { pooler }) => {
  if (!pooler(name).paused) return refused('The pooler is not paused.');
  pooler(name).primary = primary;
  return done({ pointedMs: 1, primary });
};
