/** The verbs that break archives and receivers, fill disks and set the load. Each tells what it did and what to look at in the browser. */
import { clusterOf, findCluster, findNode } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import type { RunningNode } from './lab-node.ts';
import type { Told } from './told.ts';
import { writePgbackrestConfig } from './pgbackrest.ts';
import { hasOwnVolume } from './volume.ts';
import { WalFill } from './wal-fill.ts';
import type { FillOptions } from './wal-fill.ts';

/** @throws on a standby: WAL is written on the primary only. */
export async function fillWal(state: LabState, name: string, options: FillOptions = {}): Promise<Told> {
  const node = findNode(state, name);
  if (options.untilFull && !hasOwnVolume(node)) {
    throw new Error(
      `The WAL of ${name} lies on a disk of this machine, which the lab will not fill up. Leave out --until-full, or take a node with a volume of its own.`,
    );
  }
  await requirePrimary(node, `Fill the primary of ${node.spec.cluster} instead; its standbys receive the same WAL`);
  state.fills.get(name)?.stop();
  const fill = new WalFill(node, await node.server.connect(), options);
  state.fills.set(name, fill);
  void fill.finished.then((why) => {
    state.ground.log(`fill-wal ${name} ${why}; ${Math.round(fill.writtenBytes / 1024 / 1024)} MiB written`);
    if (state.fills.get(name) === fill) state.fills.delete(name);
  });
  const rate = `${(fill.bytesPerSecond / 1024 / 1024).toFixed(1)} MiB/s`;
  return {
    did: `${name} now writes WAL at ${rate}${options.untilFull ? ', until its volume is full' : ''}. It stops on: heal`,
    look: `WAL rate of ${name}; with a standby away its slot grows, and the finding says how long the space lasts`,
  };
}

async function requirePrimary(node: RunningNode, advice: string): Promise<void> {
  const standby = await node.server.withConnection(async (client) => {
    const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    return rows[0]?.standby ?? true;
  });
  if (standby) throw new Error(`${node.spec.name} is a standby. ${advice}.`);
}

/** The repository can't be reached from this node any more; its settings stay as they are. */
export async function breakArchive(state: LabState, name: string): Promise<Told> {
  const node = findNode(state, name);
  const { repository } = clusterOf(state, node);
  await requirePrimary(node, `Only the primary archives. Break the archive of the primary of ${node.spec.cluster}`);
  writePgbackrestConfig(node.paths, repository, state.ground.user, `${repository.path}-unreachable`);
  state.brokenArchives.add(name);
  await switchWal(node);
  return {
    did: `${name} no longer reaches its backup repository: archive_command fails from the segment just closed.`,
    look: `finding "archive failing" on ${name}; WAL that waits for the archive grows. Mend: heal`,
  };
}

/** Closes the current segment, so that the archiver has something to do at once. */
export async function switchWal(node: RunningNode): Promise<void> {
  await node.server.withConnection(async (client) => {
    await client.query(`SELECT pg_logical_emit_message(false, 'farshore-lab', 'switch')`);
    await client.query('SELECT pg_switch_wal()');
  });
}

/** Points `primary_conninfo` to a port where nobody listens; the postmaster stays up and the standby itself sees no lag. */
export async function breakReceiver(state: LabState, name: string): Promise<Told> {
  const node = findNode(state, name);
  await node.server.withConnection(async (client) => {
    const { rows } = await client.query<{ conninfo: string; standby: boolean }>(
      `SELECT current_setting('primary_conninfo') AS conninfo, pg_is_in_recovery() AS standby`,
    );
    const present = rows[0];
    if (present === undefined || !present.standby) throw new Error(`${name} is no standby, so it has no receiver to break.`);
    const broken = present.conninfo.replace(/\bport='?\d+'?/, 'port=1');
    if (!state.brokenReceivers.has(name)) state.brokenReceivers.set(name, { before: present.conninfo, broken });
    await client.query(`ALTER SYSTEM SET primary_conninfo = ${client.escapeLiteral(broken)}`);
    await client.query('SELECT pg_reload_conf()');
  });
  return {
    did: `primary_conninfo of ${name} now points to a closed port; PostgreSQL stays up.`,
    look: `${name} shows "not receiving" within 10 s, though it would itself report no lag. Mend: heal`,
  };
}

export async function setLoad(state: LabState, slug: string, tps: number): Promise<Told> {
  findCluster(state, slug);
  if (!Number.isFinite(tps) || tps < 0 || tps > 2000) throw new Error(`"${tps}" is not a rate. Give transfers per second, from 0 to 2000.`);
  state.workloads.get(slug)?.setRate(tps);
  if (tps === 0) return { did: `The workload of ${slug} stands still.`, look: 'lag stays at 0 on an idle cluster, and no finding appears' };
  return { did: `The workload of ${slug} now makes ${tps} transfers per second.`, look: `WAL rate and lag of ${slug}` };
}
