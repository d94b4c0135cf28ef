import { done, refused } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'start-standby'> = ({ upstream, slot }, { server, unusable }) => {
  if (unusable !== null) return refused('The data directory is marked as unusable.');
  if (server.process === 'running' && !server.inRecovery) return refused('It runs as a primary.');
  server.becomeStandby();
  server.follow(upstream, slot);
  server.setSynchronous(null);
  server.start();
  return done({ report: server.report(), startMs: 1 });
};
