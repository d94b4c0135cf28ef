import { done, refused, WAIT } from './model.ts';
import type { VerbModel } from './model.ts';

export const model: VerbModel<'promote'> = ({ timeline, receivedPast, resume = [] }, { server, pooler }) => {
  const proof = { waitedForWalMs: 0, promoteMs: 1, nudges: 0 };
  const promoted = () => done({ report: server.report(), switchLsn: server.history().at(-1)?.endLsn ?? null, ...proof });
  if (server.process === 'running' && !server.inRecovery && server.timeline === timeline + 1) return promoted();
  if (server.process !== 'running' || !server.inRecovery) return refused('It is not a running standby.');
  if (server.timeline !== timeline) return refused(`It is on timeline ${server.timeline}.`);
  if (receivedPast !== null && !server.holdsPast(receivedPast)) return WAIT;
  server.promote();
  for (const name of resume) if (pooler(name).primary === server.name) pooler(name).paused = false;
  return promoted();
};
