import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'pooler-switch'> = ({ pooler: name, primary }, { pooler }) => {
  pooler(name).primary = primary;
  pooler(name).paused = false;
  return done({ switchedMs: 1, primary });
};
