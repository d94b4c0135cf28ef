import { done, refused, WAIT } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'follow'> = ({ upstream, slot, untilStreaming = true }, { server }) => {
  if (server.process !== 'running' || !server.inRecovery) return refused('It is not a running standby.');
  server.follow(upstream, slot);
  return untilStreaming && !server.isStreaming() ? WAIT : done({ report: server.report() });
};
