/**
 * The configuration files of a server. They lie beside the data directory, as Debian keeps them: a base backup, a restore and pg_rewind
 * copy everything inside it, and a node that starts with another node's addresses would be that other node.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpointAddress, nodeAddress } from './addresses.ts';
import { writePrivateFile } from './directory.ts';
import type { ClusterSpec, NodeSpec } from './fleet.ts';
import { hbaFile, identFile } from './hba.ts';
import type { NodePaths } from './node-paths.ts';
import { giveTo, localAdministrators } from './os-user.ts';
import type { OsUser } from './os-user.ts';
import { archiveCommand, restoreCommand } from './pgbackrest.ts';
import type { Repository } from './pgbackrest.ts';
import { postgresConf } from './postgres-config.ts';

/** Writes `postgresql.conf`, `pg_hba.conf` and `pg_ident.conf` of a node into its own `config` directory. */
export function writeServerConfig(
  { range, user }: { range: string; user: OsUser },
  cluster: ClusterSpec,
  spec: NodeSpec,
  paths: NodePaths,
  repository: Repository,
): void {
  const settings = {
    nodeName: spec.name,
    host: nodeAddress(range, spec.index),
    paths,
    archiveCommand: archiveCommand(paths, repository),
    restoreCommand: restoreCommand(paths, repository),
  };
  const peers = cluster.nodes.filter((peer) => peer.name !== spec.name).map((peer) => nodeAddress(range, peer.index));
  writePrivateFile(join(paths.config, 'postgresql.conf'), postgresConf(settings), user);
  writePrivateFile(join(paths.config, 'pg_hba.conf'), hbaFile(peers, endpointAddress(range, cluster.index)), user);
  writePrivateFile(join(paths.config, 'pg_ident.conf'), identFile(localAdministrators(user)), user);
}

/**
 * Leaves one line in the data directory's `postgresql.conf`, the same on every node: the path is relative, so that a copy of the
 * directory finds the configuration of the node it was copied to, and a copy elsewhere finds none.
 */
export function pointToOwnConfig(paths: NodePaths, user: OsUser): void {
  const file = join(paths.data, 'postgresql.conf');
  writeFileSync(file, `# Written by the lab.\ninclude_if_exists = '../config/postgresql.conf'\n`, { mode: 0o600 });
  giveTo(user, file);
}
