import { done, refused } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'stop-primary'> = (_args, { server }) => {
  if (server.process === 'running' && server.inRecovery) return refused('It is a standby.');
  if (server.process === 'crashed') return refused('It was not shut down: it has crashed.');
  const checkpoint = server.shutDown();
  if (checkpoint === null) return refused('It did not write a shutdown checkpoint.');
  const control = { state: 'shut down', checkpointLsn: checkpoint, redoLsn: checkpoint, timeline: server.timeline };
  return done({ control, shutDownMs: 1, endedSenders: [] });
};
