import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'hold-archive-restore'> = ({ held }, { server }) => {
  server.holdRestoreCommand(held);
  return done({ held, reason: null });
};
