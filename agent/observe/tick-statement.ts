/**
 * The one statement of a tick: everything that changes by the second, in a single round trip, as one JSON value. The text differs by
 * server version and by what the role may read; it is prepared once per connection.
 */
import { DOWNSTREAMS_MAX, SLOTS_MAX } from '../../lib/agent-contract/observation.ts';
import type { ServerConstants } from './server-constants.ts';

const PG_16 = 160_000;
const PG_17 = 170_000;

const DOWNSTREAMS = `select r.application_name as "applicationName", host(r.client_addr) as "clientAddress", r.usename as "user", r.state,
    r.sync_state as "syncState", r.sent_lsn as "sentLsn", r.write_lsn as "writeLsn", r.flush_lsn as "flushLsn", r.replay_lsn as "replayLsn",
    extract(epoch from r.write_lag) * 1000 as "writeLagMs", extract(epoch from r.flush_lag) * 1000 as "flushLagMs",
    extract(epoch from r.replay_lag) * 1000 as "replayLagMs", r.reply_time as "replyAt",
    s.ssl, s.version as "tlsVersion", s.cipher as "tlsCipher", s.bits as "tlsBits"
  from pg_stat_replication r left join pg_stat_ssl s using (pid)
  where r.state is not null and r.sync_state is not null
  order by r.sync_state not in ('sync', 'quorum'), r.application_name, r.pid limit ${DOWNSTREAMS_MAX}`;

const WAL_RECEIVER = `select status, sender_host as "senderHost", sender_port as "senderPort", slot_name as "slotName",
    written_lsn as "writtenLsn", flushed_lsn as "flushedLsn", received_tli as "receivedTimeline",
    last_msg_send_time as "lastMessageSentAt", last_msg_receipt_time as "lastMessageReceivedAt", latest_end_lsn as "latestEndLsn"
  from pg_stat_wal_receiver where status is not null limit 1`;

/** From 17 the server itself knows since when a slot has had no consumer. */
const slots = (version: number): string => `select s.slot_name as "name", s.slot_type as "type", s.active, s.temporary,
    s.wal_status as "walStatus", s.restart_lsn as "restartLsn", greatest(0, pg_wal_lsn_diff(p.lsn, s.restart_lsn)) as "retainedBytes",
    s.safe_wal_size as "safeWalBytes", age(s.xmin) as "xminAge", age(s.catalog_xmin) as "catalogXminAge",
    ${version >= PG_17 ? 's.inactive_since' : 'null'} as "inactiveSince"
  from pg_replication_slots s, (select case when pg_is_in_recovery() then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
    else pg_current_wal_lsn() end as lsn) p order by s.active, s.slot_name limit ${SLOTS_MAX}`;

const ARCHIVER = `select archived_count as "archivedCount", failed_count as "failedCount", last_archived_wal as "lastArchivedWal",
    last_archived_time as "lastArchivedAt", last_failed_wal as "lastFailedWal", last_failed_time as "lastFailedAt" from pg_stat_archiver`;

const checkpointCounts = (version: number): string =>
  version >= PG_17
    ? `select num_timed as timed, num_requested as requested from pg_stat_checkpointer`
    : `select checkpoints_timed as timed, checkpoints_req as requested from pg_stat_bgwriter`;

const conflicts = (version: number): string =>
  `select sum(confl_tablespace + confl_lock + confl_snapshot + confl_bufferpin + confl_deadlock${
    version >= PG_16 ? ' + confl_active_logicalslot' : ''
  }) from pg_stat_database_conflicts`;

/** Builds the statement for a server. */
export function tickStatement({ serverVersionNumber: version, mayReadSettings }: ServerConstants): string {
  const rows = (query: string): string => `(select coalesce(json_agg(x), '[]') from (${query}) x)`;
  const row = (query: string): string => `(select row_to_json(x) from (${query}) x)`;
  const primary = (expression: string): string => `case when not n.recovering then ${expression} end`;
  const standby = (expression: string): string => `case when n.recovering then ${expression} end`;
  return `select json_build_object(
  'inRecovery', n.recovering,
  'walFile', ${primary('pg_walfile_name(pg_current_wal_insert_lsn())')},
  'insertLsn', ${primary('pg_current_wal_insert_lsn()')},
  'flushLsn', ${primary('pg_current_wal_flush_lsn()')},
  'receiveLsn', ${standby('pg_last_wal_receive_lsn()')},
  'replayLsn', ${standby('pg_last_wal_replay_lsn()')},
  'lastReplayedTransactionAt', ${standby('pg_last_xact_replay_timestamp()')},
  'replayPaused', ${standby('pg_is_wal_replay_paused()')},
  'minRecoveryTimeline', ${standby('(select min_recovery_end_timeline from pg_control_recovery())')},
  'checkpointTimeline', c.timeline_id,
  'checkpointAt', c.checkpoint_time,
  'synchronousStandbyNames', current_setting('synchronous_standby_names'),
  'primaryConninfo', ${mayReadSettings ? `current_setting('primary_conninfo')` : 'null'},
  'primarySlotName', current_setting('primary_slot_name'),
  'downstreams', ${rows(DOWNSTREAMS)},
  'downstreamCount', (select count(*) from pg_stat_replication where state is not null and sync_state is not null),
  'walReceiver', ${standby(row(WAL_RECEIVER))},
  'slots', ${rows(slots(version))},
  'slotCount', (select count(*) from pg_replication_slots),
  'archiver', ${row(ARCHIVER)},
  'checkpoints', ${row(checkpointCounts(version))},
  'connectionsUsed', (select count(*) from pg_stat_activity where backend_type = 'client backend'),
  'conflictsCancelled', ${standby(`(${conflicts(version)})`)},
  'at', clock_timestamp()
) as tick from (select pg_is_in_recovery() as recovering) n, pg_control_checkpoint() c`;
}
