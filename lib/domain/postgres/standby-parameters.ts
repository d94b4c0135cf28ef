/** Names the settings that a standby may not have lower than its primary. */

/** PostgreSQL refuses to replay past a primary that allows more of these than the standby does. */
export const PARAMETERS_NOT_BELOW_PRIMARY = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
] as const;
