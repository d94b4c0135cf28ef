import { done, refused } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'checkpoint'> = (_args, { server }) => {
  if (server.process !== 'running') return refused('It does not run.');
  server.checkpoint();
  return done({ tookMs: 1, redoLsn: server.position() });
};
