import { done } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'restart'> = (_args, { server }) => {
  server.shutDown();
  server.start();
  return done({ report: server.report(), tookMs: 1 });
};
