import { done, refused } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'start-primary'> = (_args, { server, unusable }) => {
  if (unusable !== null) return refused('The data directory is marked as unusable.');
  if (server.startsAsStandby) return refused('It is set up as a standby.');
  server.start();
  return done({ report: server.report() });
};
