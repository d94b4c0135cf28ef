import { done, WAIT } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'await-wal'> = ({ past }, { server }) =>
  (past === null ? server.hasStreamEnded() : server.holdsPast(past)) ? done({ receivedLsn: server.position(), waitedMs: 0 }) : WAIT;
