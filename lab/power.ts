/** The verbs that kill, freeze, stop and start servers and agents, as things happen to hosts. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SERVER_PROGRAMS } from './leftovers.ts';
import type { RunningNode } from './lab-node.ts';
import { agentOf, findNode } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import { processesInside } from './process-table.ts';
import { killTree } from './processes.ts';
import { serverRole } from './roles-now.ts';
import type { KillTarget, Told } from './told.ts';

export async function kill(state: LabState, name: string, what: KillTarget = 'node'): Promise<Told> {
  const node = findNode(state, name);
  const agent = agentOf(state, name);
  if (what !== 'postgres') await agent.kill();
  if (what !== 'agent') await node.server.kill();
  // A host that lost power runs nothing any more: neither a base backup nor what an agent had started.
  if (what === 'node') await Promise.all(processesInside(node.paths.home, SERVER_PROGRAMS).map(killTree));
  const killed = { node: 'PostgreSQL and the agent', postgres: 'PostgreSQL', agent: 'the agent' }[what];
  const looks = {
    node: `${name} stays on the page of ${node.spec.cluster}, turns unknown within seconds, and its links turn`,
    postgres: `${name} shows "stopped" within two seconds: its agent still reports`,
    agent: `${name} turns unknown though its PostgreSQL continues; its neighbours still show its stream`,
  };
  return { did: `Killed ${killed} of ${name} (SIGKILL, nothing was flushed).`, look: `${looks[what]}. Bring it back: start ${name}` };
}

/** Stands for a cloud's API told to power a machine off: it answers once everything is off. */
export async function fence(state: LabState, slug: string, name: string): Promise<Told> {
  const node = findNode(state, name);
  if (node.spec.cluster !== slug) throw new Error(`${name} is a node of ${node.spec.cluster}, not of ${slug}. Nothing was powered off.`);
  await kill(state, name, 'node');
  const left = processesInside(node.paths.data, SERVER_PROGRAMS);
  if (left.length > 0) throw new Error(`${name} still runs process ${left.map(({ pid }) => pid).join(', ')} after it was powered off.`);
  return {
    did: `${name} of ${slug} is powered off: PostgreSQL and the agent are gone.`,
    look: `${name} turns unknown. Power it on: start ${name}`,
  };
}

export async function freeze(state: LabState, name: string): Promise<Told> {
  findNode(state, name).server.freeze();
  return {
    did: `Froze every PostgreSQL process of ${name} (SIGSTOP); its agent runs on.`,
    look: `${name} turns "not responding", never "writable". Continue: thaw ${name}`,
  };
}

export async function thaw(state: LabState, name: string): Promise<Told> {
  findNode(state, name).server.thaw();
  return { did: `Thawed ${name} (SIGCONT).`, look: `${name} returns to its former state within seconds` };
}

export async function stop(state: LabState, name: string): Promise<Told> {
  await findNode(state, name).server.stop();
  return {
    did: `Stopped PostgreSQL of ${name} cleanly (fast shutdown); its agent runs on.`,
    look: `${name} shows "stopped". Bring it back: start ${name}`,
  };
}

/**
 * Powers the host on, as one with the agent's unit does (docs/agent.md): PostgreSQL as its data directory says, once the agent's own
 * `may-start` lets it, and the agent, whichever is away. An old primary is not started.
 */
export async function start(state: LabState, name: string): Promise<Told> {
  const node = findNode(state, name);
  const agent = agentOf(state, name);
  requireDataDirectory(node);
  node.server.thaw();
  const refused = node.server.state() === 'running' ? null : await agent.whyNotStartServer();
  if (refused !== null) {
    await agent.start();
    return {
      did: `The host of ${name} is up, its agent runs; PostgreSQL was not started. ${refused}`,
      look: `${name} shows "fenced" when another node leads ${node.spec.cluster}. Bring it back by a reversion`,
    };
  }
  await node.server.start();
  await agent.start();
  const reports = agent.state() === 'running' ? ', the agent reports' : '';
  return { did: `${name} is up: PostgreSQL takes connections${reports}.`, look: `${name} catches up and its links return` };
}

/** A standby's signal file is empty; the one that an agent leaves on a former primary tells what it is. */
export function isStandbyDirectory(node: RunningNode): boolean {
  return statSync(join(node.paths.data, 'standby.signal'), { throwIfNoEntry: false })?.size === 0;
}

function requireDataDirectory(node: RunningNode): void {
  if (node.server.hasData()) return;
  throw new Error(`${node.spec.name} has no data directory to start. Add it as a standby in the browser: its agent takes the base backup.`);
}

/** A new, empty host in the place of the old one; the agent keeps running. */
export async function wipe(state: LabState, name: string): Promise<Told> {
  const node = findNode(state, name);
  const role = await serverRole(node.server);
  if (role?.role === 'primary')
    throw new Error(`${name} is the primary of ${node.spec.cluster}: the lab won't wipe it. Switch over first.`);
  await node.server.kill();
  await Promise.all(processesInside(node.paths.data, SERVER_PROGRAMS).map(killTree));
  const volume = node.spec.ownWalVolume && node.walVolumeProblem === null ? [node.paths.walVolume] : [];
  for (const directory of [node.paths.data, ...volume]) {
    for (const entry of readdirSync(directory)) rmSync(join(directory, entry), { recursive: true, force: true });
  }
  return {
    did: `${name} is wiped: its data directory ${node.paths.data} is empty.`,
    look: `${name} shows "stopped". Make it a standby again: "Add standby" on its page`,
  };
}
