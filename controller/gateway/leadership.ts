/** GET /v1/leadership: who leads the asking node's cluster, asked before a server is started. The record itself, not what is in memory. */
import type { LeadershipAnswer } from '../../lib/agent-contract/messages.ts';
import { readLeadership } from '../../lib/db/operations/leadership-store.ts';
import type { CommandRoutes } from './commands.ts';
import { COMMAND_RATE } from './request-rate.ts';
import type { RouteHandler } from './server.ts';

export function leadershipRoute({ pool, callers }: Pick<CommandRoutes, 'pool' | 'callers'>): RouteHandler {
  return async (_request, socket): Promise<LeadershipAnswer> => {
    const { known } = await callers.authorise(socket, Date.now(), COMMAND_RATE);
    const found = await readLeadership(pool, known.cluster.slug);
    const leadership = found === null ? null : { term: found.record.term, holder: found.record.holder };
    return { leadership, serverTime: new Date().toISOString() };
  };
}
