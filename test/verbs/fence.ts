import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'fence'> = (_args, { server }) => {
  const wasRunning = server.process === 'running';
  server.crash();
  return done({ wasRunning, forced: false, stopMs: 1, control: null });
};
