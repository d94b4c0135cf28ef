import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'set-synchronous'> = ({ synchronous }, { server }) => {
  server.setSynchronous(synchronous);
  return done({ value: '' });
};
