import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'pooler-pause'> = ({ pooler: name }, { pooler }) => {
  pooler(name).paused = true;
  return done({ pausedMs: 1 });
};
