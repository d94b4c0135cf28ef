/** Reports the poolers that an agent can move. */
import type { Authority } from '../../../lib/agent-contract/commands.ts';
import type { AgentConfig } from '../../config.ts';
import { messageOf } from '../../../lib/runtime/error-message.ts';
import { readDatabase, withConsole } from './console.ts';
import type { PoolerConfig, PoolerDatabase } from './console.ts';

export type PoolerState = Authority['poolers'][number];

const POOLERS_MAX = 8;
const MESSAGE_CHARACTERS_MAX = 300;

/** The node at that address as this pooler finds it; `null` = none that the agent knows. */
export function nodeAt(pooler: PoolerConfig, host: string | null, port: number | null): string | null {
  const found = Object.entries(pooler.nodes).find(([, address]) => address.host === host && address.port === (port ?? 5432));
  return found?.[0] ?? null;
}

async function stateOf(name: string, pooler: PoolerConfig): Promise<PoolerState> {
  try {
    const database: PoolerDatabase = await withConsole(name, pooler, (console) => readDatabase(console, name, pooler));
    const primary = nodeAt(pooler, database.host, database.port);
    const message =
      primary === null
        ? `It points at ${database.host ?? 'a socket'}:${database.port ?? ''}, which is no node that this agent knows.`
        : null;
    return { name, reachable: true, paused: database.paused, primary, message };
  } catch (error) {
    return { name, reachable: false, paused: null, primary: null, message: messageOf(error).slice(0, MESSAGE_CHARACTERS_MAX) };
  }
}

/** Asks every configured pooler at once. Never throws; takes some seconds at most when one hangs. */
export const poolerStates = (config: AgentConfig): Promise<PoolerState[]> =>
  Promise.all(
    Object.entries(config.poolers)
      .slice(0, POOLERS_MAX)
      .map(([name, pooler]) => stateOf(name, pooler)),
  );
