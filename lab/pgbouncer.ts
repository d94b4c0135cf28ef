/** The write endpoint of a cluster: pgbouncer in front of the primary. */
import { join } from 'node:path';
import type { Address } from './addresses.ts';
import type { KeyAndCertificate } from './certificates.ts';
import { makePrivateDirectory, writePrivateFile } from './directory.ts';
import type { OsUser } from './os-user.ts';
import { isAlive } from './process-table.ts';
import { killTree, logTail } from './processes.ts';
import type { OwnedProcess, ProcessKeeper } from './processes.ts';
import { APP_DATABASE, APP_ROLE } from './roles.ts';
import { waitFor } from './waiting.ts';
import { connect } from 'node:net';

const START_DEADLINE_MS = 30_000;

/** Belongs to the servers' OS user, so that its agents may point the pooler elsewhere. */
export const poolerConfigFile = (directory: string): string => join(directory, 'pgbouncer.ini');

export interface PoolerOptions {
  slug: string;
  directory: string;
  program: string;
  listen: Address;
  /** Where the pooler finds the primary: the listener of its own link. */
  primary: Address;
  /** The application's SCRAM secret as PostgreSQL keeps it. With a password pgbouncer would hash it 4096 times for each connection. */
  appSecret: string;
  caPem: string;
  certificate: KeyAndCertificate;
  user: OsUser;
}

/** @returns the running process. PAUSE and RESUME go over its unix socket. */
export async function startPooler(keeper: ProcessKeeper, options: PoolerOptions): Promise<OwnedProcess> {
  const { directory, user, listen } = options;
  makePrivateDirectory(directory, user);
  const file = (name: string, content: string): string => writePrivateFile(join(directory, name), content, user);
  const ca = file('ca.pem', options.caPem);
  const key = file('server.key', options.certificate.keyPem);
  const certificate = file('server.pem', options.certificate.certificatePem);
  const users = file('users.txt', `"${APP_ROLE}" "${options.appSecret}"\n"${user.name}" ""\n`);
  const hba = file('hba.conf', `local  pgbouncer  ${user.name}  peer\nhost  ${APP_DATABASE}  ${APP_ROLE}  127.0.0.0/8  scram-sha-256\n`);
  const logFile = join(directory, 'pgbouncer.log');
  const lines = [
    '[databases]',
    `${APP_DATABASE} = host=${options.primary.host} port=${options.primary.port} dbname=${APP_DATABASE}`,
    '',
    '[pgbouncer]',
    `listen_addr = ${listen.host}`,
    `listen_port = ${listen.port}`,
    `unix_socket_dir = ${directory}`,
    'auth_type = hba',
    `auth_hba_file = ${hba}`,
    `auth_file = ${users}`,
    `admin_users = ${user.name}`,
    'pool_mode = transaction',
    'default_pool_size = 10',
    'max_client_conn = 200',
    'server_connect_timeout = 3',
    // After a change of primary the next try must not wait for the usual second: clients wait with it.
    'server_login_retry = 0.1',
    // Clients may wait this long for a primary, then get an error.
    'query_wait_timeout = 60',
    // A server whose answer does not come (frozen, cut off) gives its client back after this.
    'query_timeout = 30',
    'server_fast_close = 1',
    'tcp_keepidle = 5',
    'tcp_keepintvl = 2',
    'tcp_keepcnt = 3',
    'tcp_user_timeout = 10000',
    'ignore_startup_parameters = extra_float_digits',
    'server_tls_sslmode = verify-full',
    `server_tls_ca_file = ${ca}`,
    'server_tls_protocols = tlsv1.3',
    // Clients may use TLS or, on this machine's loopback, plain TCP.
    'client_tls_sslmode = prefer',
    `client_tls_key_file = ${key}`,
    `client_tls_cert_file = ${certificate}`,
    // Without one pgbouncer reads the system's whole bundle again at every RELOAD: 25 ms, in which no client is served.
    `client_tls_ca_file = ${ca}`,
    'client_tls_protocols = tlsv1.3',
    `pidfile = ${join(directory, 'pgbouncer.pid')}`,
  ];
  const config = writePrivateFile(poolerConfigFile(directory), `${lines.join('\n')}\n`, user);
  const started = keeper.start(`pgbouncer ${options.slug}`, options.program, [config], {
    user,
    workingDirectory: directory,
    logFile,
  });
  await waitFor(`pgbouncer of ${options.slug} to listen on ${listen.host}:${listen.port}`, START_DEADLINE_MS, () => {
    if (!isAlive(started.identity)) throw new Error(`pgbouncer of ${options.slug} did not start: ${logTail(logFile)}`);
    return canConnect(listen);
  });
  return started;
}

function canConnect(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export async function stopPooler(pooler: OwnedProcess): Promise<void> {
  await killTree(pooler.identity);
}
