import { done, refused } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'promise'> = (_args, { server }) => {
  if (server.process !== 'running' || !server.inRecovery) return refused('It is not a running standby.');
  server.follow(null, null);
  return done({ report: server.report(), history: server.history() });
};
