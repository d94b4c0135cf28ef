/** Where things of one node lie. All of it belongs to the servers' OS user and is closed to others. */
import { join } from 'node:path';
import { nodeDirectory } from './directory.ts';

export interface NodePaths {
  home: string;
  data: string;
  socket: string;
  /** `postgresql.conf`, `pg_hba.conf` and `pg_ident.conf`: this node's own, which no base backup or rewind carries to another. */
  config: string;
  tls: string;
  /** Log of the postmaster, of the agent, of pgBackRest. */
  log: string;
  agent: string;
  /** Mount point of the node's own WAL volume, where it has one. */
  walVolume: string;
  passwordFile: string;
  pgbackrestConfig: string;
  caFile: string;
  serverKey: string;
  serverCertificate: string;
  clientKey: string;
  clientCertificate: string;
}

export function nodePaths(root: string, node: string): NodePaths {
  const home = nodeDirectory(root, node);
  const tls = join(home, 'tls');
  return {
    home,
    data: join(home, 'data'),
    socket: join(home, 'socket'),
    config: join(home, 'config'),
    tls,
    log: join(home, 'log'),
    agent: join(home, 'agent'),
    walVolume: join(home, 'wal'),
    passwordFile: join(home, 'pgpass'),
    pgbackrestConfig: join(home, 'pgbackrest.conf'),
    caFile: join(tls, 'ca.pem'),
    serverKey: join(tls, 'server.key'),
    serverCertificate: join(tls, 'server.pem'),
    clientKey: join(tls, 'replication.key'),
    clientCertificate: join(tls, 'replication.pem'),
  };
}
