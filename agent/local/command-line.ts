/** Runs `farshore-agent promote --break-glass` and `farshore-agent fence`: asks, then acts through the running agent, or alone. */
import { statSync } from 'node:fs';
import os from 'node:os';
import readline from 'node:readline/promises';
import { Acting } from '../perform/acting.ts';
import type { AgentConfig } from '../config.ts';
import { lockStateDirectory, runningAgentPid } from '../journal/lock.ts';
import { loadIdentity } from '../link/identity.ts';
import { createLog } from '../log.ts';
import { announcement, breakGlass, outcomeText } from './break-glass.ts';
import type { LocalAnswer, LocalRequest } from './protocol.ts';
import { askRunningAgent } from './socket.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';

export interface LocalOptions {
  action: 'promote' | 'fence';
  reason: string;
  /** The cluster's name, for scripts; else it is asked for. */
  confirm: string | undefined;
  force: boolean;
}

/** @returns whether it was done. Writes what it will do, the question, and what came of it. Throws what stands in the way, as a sentence. */
export async function actLocally(config: AgentConfig, options: LocalOptions): Promise<boolean> {
  if (config.control === undefined)
    throw new Error('This agent only observes: its configuration has no [control] section. Add one, or use PostgreSQL’s own programs.');
  const stateDirectory = config.agent.state_directory;
  dropToOwner(stateDirectory);
  const { ask, end } = runningAgentPid(stateDirectory) === null ? alone(config) : throughAgent(stateDirectory);
  try {
    const { action, reason, force } = options;
    const request: LocalRequest = { do: 'look', by: personHere(), reason, confirm: '', force };
    const { situation, refused } = await ask(request);
    if (situation === null) throw new Error(refused ?? 'The agent did not answer.');
    process.stdout.write(`${announcement(action, situation)}\n`);
    const confirm = options.confirm ?? (await typedName(situation.cluster ?? ''));
    const answer = await ask({ ...request, do: action, confirm });
    process.stdout.write(`${outcomeText(action, answer)}\n`);
    return answer.result?.status === 'done';
  } finally {
    await end();
  }
}

interface Asked {
  ask: (request: LocalRequest) => Promise<LocalAnswer>;
  end: () => Promise<void>;
}

const throughAgent = (stateDirectory: string): Asked => ({
  ask: (request) =>
    askRunningAgent(stateDirectory, request).catch((error: unknown) => {
      throw new Error(`The agent runs, but does not answer (${messageOf(error)}). Stop it, then try again: this works without it.`);
    }),
  end: () => Promise.resolve(),
});

/** No agent runs: this process takes its place for the moment. */
function alone(config: AgentConfig): Asked {
  const stateDirectory = config.agent.state_directory;
  const unlock = lockStateDirectory(stateDirectory);
  const log = createLog(() => undefined);
  const acting = Acting.forOneAct(config, log);
  const identity = loadIdentity(stateDirectory);
  if (identity !== null) acting.identify(identity);
  const node = identity === null ? null : { name: identity.nodeName, cluster: identity.clusterSlug };
  return {
    ask: (request) => breakGlass(request, { runner: acting.runner, leadership: () => acting.leadership, node }),
    end: async () => {
      await acting.stop();
      unlock();
    },
  };
}

/** As root it acts as who owns the state directory: the user that runs the agent and PostgreSQL. */
function dropToOwner(stateDirectory: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(stateDirectory);
  if (uid === 0) return;
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

/** The person who ran `sudo`, not the user it became. */
const personHere = (): string => process.env['SUDO_USER'] ?? os.userInfo().username;

async function typedName(cluster: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Error(`This needs a terminal to type the cluster's name at, or --confirm ${cluster} from a script. Nothing was done.`);
  const terminal = readline.createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question("Type the cluster's name to continue, anything else to leave: ")).trim();
  } finally {
    terminal.close();
  }
}
