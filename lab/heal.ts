/** Undoes everything the verbs did, but not what operations have changed since. */
import { switchWal } from './faults.ts';
import { allNodes, clusterOf, findNode } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import type { RunningNode } from './lab-node.ts';
import { healLinks } from './link-faults.ts';
import { writePgbackrestConfig } from './pgbackrest.ts';
import { isStandbyDirectory, start } from './power.ts';
import { primaryNow, serverRole } from './roles-now.ts';
import { renewLostSlots } from './standby.ts';
import type { Told } from './told.ts';
import { growWalVolumeIfFull, hasOwnVolume } from './volume.ts';

/** Links, frozen and stopped servers, agents, receivers, archives, fills, rates. */
export async function heal(state: LabState): Promise<Told> {
  const healed = [...healLinks(state)];
  const left: string[] = [];
  for (const fill of state.fills.values()) {
    fill.stop();
    healed.push(`the WAL fill of ${fill.node} stops`);
  }
  for (const node of allNodes(state)) {
    if (hasOwnVolume(node) && growWalVolumeIfFull(node.paths.walVolume))
      healed.push(`the full WAL volume of ${node.spec.name} got more room`);
    const before = node.server.state();
    const why = before === 'running' ? null : await staysDown(state, node);
    if (why !== null) {
      left.push(why);
      await state.agents.get(node.spec.name)?.start();
      continue;
    }
    if (before !== 'running') healed.push(`${node.spec.name} was ${before}`);
    await start(state, node.spec.name);
  }
  await healArchives(state, healed);
  for (const node of allNodes(state)) {
    if (node.server.state() !== 'running') continue;
    for (const slot of await renewLostSlots(node.server)) healed.push(`the lost slot ${slot} of ${node.spec.name}`);
  }
  await healReceivers(state, healed);
  for (const workload of state.workloads.values()) workload.setRate(state.usualTps);
  const done =
    healed.length > 0 ? `Healed: ${healed.join('; ')}. Workloads run at ${state.usualTps} transfers per second.` : 'Nothing was broken.';
  return {
    did: [done, ...left].join(' '),
    look: 'every node returns to "writable" or "streaming", and open findings close after their quiet time',
  };
}

/** Why a stopped server is left alone: its cluster has another primary by now, or there is nothing to start. `null` = start it. */
async function staysDown(state: LabState, node: RunningNode): Promise<string | null> {
  const { name } = node.spec;
  if (!node.server.hasData()) return `${name} is empty: add it as a standby.`;
  // A frozen server only continues; its agent sees to it that it is not writable for long.
  if (node.server.state() === 'frozen' || isStandbyDirectory(node)) return null;
  const others = [...clusterOf(state, node).nodes.values()].filter((other) => other !== node);
  const primary = await primaryNow(others);
  return primary === null ? null : `${name} stays down: ${primary.spec.name} is the primary now. Bring it back by a reversion.`;
}

async function healArchives(state: LabState, healed: string[]): Promise<void> {
  for (const name of state.brokenArchives) {
    const node = findNode(state, name);
    writePgbackrestConfig(node.paths, clusterOf(state, node).repository, state.ground.user);
    if ((await serverRole(node.server))?.role === 'primary') await switchWal(node);
    healed.push(`the archive of ${name}`);
  }
  state.brokenArchives.clear();
}

/** Only where the broken connection string still stands: an operation may have given the node another upstream. */
async function healReceivers(state: LabState, healed: string[]): Promise<void> {
  for (const [name, broken] of state.brokenReceivers) {
    const node = findNode(state, name);
    const now = await serverRole(node.server);
    if (now?.role !== 'standby' || now.conninfo !== broken.broken) continue;
    await node.server.withConnection(async (client) => {
      await client.query(`ALTER SYSTEM SET primary_conninfo = ${client.escapeLiteral(broken.before)}`);
      await client.query('SELECT pg_reload_conf()');
    });
    healed.push(`the receiver of ${name}`);
  }
  state.brokenReceivers.clear();
}
