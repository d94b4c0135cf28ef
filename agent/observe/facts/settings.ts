import type { Setting } from '../../../lib/agent-contract/facts.ts';
import { redact } from '../redact.ts';
import type { Session } from '../session.ts';

/** Settings that decide whether a node can be recovered, promoted, rewound or followed. Those unknown to a version are simply absent. */
export const RECOVERY_SETTINGS = [
  ...['archive_cleanup_command', 'archive_command', 'archive_library', 'archive_mode', 'archive_timeout'],
  ...['block_size', 'checkpoint_completion_target', 'checkpoint_timeout', 'client_connection_check_interval', 'cluster_name'],
  ...['data_checksums', 'data_directory', 'default_transaction_read_only', 'fsync', 'full_page_writes', 'hba_file'],
  ...['hot_standby', 'hot_standby_feedback', 'idle_replication_slot_timeout', 'lc_collate', 'lc_ctype', 'lc_messages', 'listen_addresses'],
  ...[
    'log_destination',
    'max_connections',
    'max_locks_per_transaction',
    'max_prepared_transactions',
    'max_replication_slots',
    'max_slot_wal_keep_size',
  ],
  ...['max_standby_archive_delay', 'max_standby_streaming_delay', 'max_wal_senders', 'max_wal_size', 'max_worker_processes'],
  ...['min_wal_size', 'password_encryption', 'port', 'primary_conninfo', 'primary_slot_name', 'recovery_min_apply_delay'],
  ...['recovery_prefetch', 'recovery_target_timeline', 'restore_command', 'server_encoding', 'server_version', 'server_version_num'],
  ...['shared_buffers', 'ssl', 'ssl_ca_file', 'ssl_cert_file', 'ssl_ciphers', 'ssl_crl_file', 'ssl_library', 'ssl_max_protocol_version'],
  ...[
    'ssl_min_protocol_version',
    'summarize_wal',
    'superuser_reserved_connections',
    'sync_replication_slots',
    'synchronized_standby_slots',
  ],
  ...['synchronous_commit', 'synchronous_standby_names', 'tcp_keepalives_count', 'tcp_keepalives_idle', 'tcp_keepalives_interval'],
  ...['tcp_user_timeout', 'track_commit_timestamp', 'wal_compression', 'wal_keep_size', 'wal_level', 'wal_log_hints'],
  ...['wal_receiver_create_temp_slot', 'wal_receiver_status_interval', 'wal_receiver_timeout', 'wal_retrieve_retry_interval'],
  ...['wal_segment_size', 'wal_sender_timeout'],
] as const;

/**
 * On a connection through the Unix socket, as the agent's, the `tcp_…` settings always read 0: what other connections get stands in
 * `reset_val`, in the setting's own unit.
 */
const SQL = `select name, case when name like 'tcp\\_%' then reset_val || coalesce(unit, '') else current_setting(name, true) end as value, source,
    pending_restart as "pendingRestart"
  from pg_settings where name = any($1) order by name`;

/** Values as PostgreSQL prints them, without secrets. Throws the server's error. */
export async function readSettings(session: Session, deadlineMs: number): Promise<Setting[]> {
  const rows = await session.query<{ name: string; value: string | null; source: string; pendingRestart: boolean }>(
    { name: 'facts-settings', text: SQL, values: [[...RECOVERY_SETTINGS]] },
    deadlineMs,
  );
  return rows.map((row) => ({
    name: row.name.slice(0, 63),
    value: redact((row.value ?? '').slice(0, 2048)).slice(0, 2048),
    source: row.source.slice(0, 64),
    pendingRestart: row.pendingRestart,
  }));
}
