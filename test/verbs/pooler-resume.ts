import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'pooler-resume'> = ({ pooler: name }, { pooler }) => {
  pooler(name).paused = false;
  return done({ resumedMs: 1 });
};
