/** `postgresql.conf` of a node: small, but set up as production would be. */
import { join } from 'node:path';
import { POSTGRES_PORT } from './addresses.ts';
import type { NodePaths } from './node-paths.ts';

/** Below the small WAL volume, so that a forgotten slot costs the standby and not the primary. */
const SLOT_RETENTION_MEGABYTES = 384;
const KEPT_MEGABYTES = 96;

export interface ServerSettings {
  nodeName: string;
  host: string;
  paths: NodePaths;
  archiveCommand: string;
  restoreCommand: string;
}

export function quoteSetting(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

export function postgresConf(settings: ServerSettings): string {
  const { paths } = settings;
  const values: Record<string, string> = {
    cluster_name: settings.nodeName,
    listen_addresses: settings.host,
    port: String(POSTGRES_PORT),
    hba_file: join(paths.config, 'pg_hba.conf'),
    ident_file: join(paths.config, 'pg_ident.conf'),
    unix_socket_directories: paths.socket,
    max_connections: '60',
    shared_buffers: '16MB',
    // A file in the data directory: nothing is left in /dev/shm when the server is killed.
    dynamic_shared_memory_type: 'mmap',
    max_worker_processes: '4',
    max_parallel_workers: '2',
    autovacuum_max_workers: '2',
    jit: 'off',
    wal_level: 'replica',
    wal_log_hints: 'on',
    wal_compression: 'on',
    min_wal_size: '48MB',
    max_wal_size: '160MB',
    checkpoint_timeout: '5min',
    max_wal_senders: '10',
    max_replication_slots: '10',
    // A rewind needs the WAL since the last checkpoint that both sides have, which a checkpoint after the fork would remove.
    wal_keep_size: `${KEPT_MEGABYTES}MB`,
    max_slot_wal_keep_size: `${SLOT_RETENTION_MEGABYTES}MB`,
    hot_standby: 'on',
    wal_retrieve_retry_interval: '500ms',
    wal_receiver_status_interval: '1s',
    wal_sender_timeout: '10s',
    wal_receiver_timeout: '10s',
    tcp_keepalives_idle: '5',
    tcp_keepalives_interval: '2',
    tcp_keepalives_count: '3',
    tcp_user_timeout: '10s',
    ssl: 'on',
    ssl_min_protocol_version: 'TLSv1.3',
    ssl_ca_file: paths.caFile,
    ssl_cert_file: paths.serverCertificate,
    ssl_key_file: paths.serverKey,
    password_encryption: 'scram-sha-256',
    archive_mode: 'on',
    archive_timeout: '60s',
    archive_command: settings.archiveCommand,
    restore_command: settings.restoreCommand,
    log_line_prefix: '%m [%p] %q%u@%d ',
    log_timezone: 'UTC',
    timezone: 'UTC',
  };
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${quoteSetting(value)}`);
  return `# Written by the lab. ALTER SYSTEM goes to postgresql.auto.conf.\n${lines.join('\n')}\n`;
}

/** A connection string of libpq; values are quoted as it wants them. */
export function conninfo(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${/^[\w./-]+$/.test(value) ? value : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`}`)
    .join(' ');
}
