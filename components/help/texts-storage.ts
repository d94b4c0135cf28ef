/** Explains how the figures of slots, volumes, the archive and backups are measured. */
import type { HelpText } from './text.ts';

export const SLOT_HELP = {
  owner: {
    title: 'For',
    meaning: 'The node of this cluster that consumes the slot, and its state.',
    measured: 'By name: a slot belongs to the node it is named after (aws-use1-b: aws_use1_b), as Farshore’s guide sets them up.',
    limits: 'A slot named after no node, and every logical slot, is for a consumer that Farshore does not watch.',
  },
  state: {
    title: 'State of a slot',
    meaning:
      'Active: a consumer is connected. Inactive: none is, and it retains WAL. Spare: its node streams from elsewhere, and it is kept ready for a change of primary. Retains nothing: it keeps no WAL. Lost: WAL it needs was removed.',
    measured: 'From pg_replication_slots on the node, each second.',
    limits: 'For a node that is not seen now: the last known state, shown as “was”.',
  },
  walStatus: {
    title: 'WAL status',
    meaning:
      'PostgreSQL’s own word. Reserved: within max_wal_size. Extended: beyond it, retained for the slot. Unreserved: removed at the next checkpoint. Lost: removed.',
    measured: 'wal_status of pg_replication_slots, each second.',
  },
  retained: {
    title: 'Retained',
    meaning: 'WAL that its node retains for this slot, in bytes.',
    measured: 'The node’s present WAL position minus restart_lsn of the slot, each second.',
    limits: 'Unknown while the node is not seen. WAL that several slots retain takes space only once.',
  },
  left: {
    title: 'Left',
    meaning: 'WAL that may still be written before the slot can be lost, in bytes.',
    measured: 'safe_wal_size of pg_replication_slots, each second; it follows from max_slot_wal_keep_size.',
    limits: 'Without max_slot_wal_keep_size there is no limit: the slot is never lost, and the disk can fill.',
  },
  untilLost: {
    title: 'Until lost',
    meaning:
      'When the slot loses WAL that its consumer needs, if that stays away. A standby may then have to be re-cloned, a subscriber copied again.',
    measured:
      '“Left” divided by the node’s WAL rate: the mean of the last minute, or of its last 15 s when that is higher. The second line takes the 95th percentile of the minutes of the last hour.',
    limits: 'A forecast, not a promise. Below 1 kB/s it says “not while idle”; without a WAL rate it is unknown.',
  },
  untilFull: {
    title: 'Until disk full',
    meaning: 'When the volume with the WAL is full, if everything that is written stays there. PostgreSQL stops then.',
    measured: 'Free bytes of that volume divided by the same two WAL rates as “Until lost”.',
    limits: 'A slot with a limit is lost before that; the line then says so.',
  },
  inactiveSince: {
    title: 'Inactive since',
    meaning: 'Since when the slot has had no active consumer.',
    measured: 'inactive_since of pg_replication_slots from PostgreSQL 17; before, the agent’s own record, which survives its restart.',
    limits: 'For a slot that was inactive before the agent started: since the agent first saw it.',
  },
  xmin: {
    title: 'xmin age',
    meaning: 'How many transactions the slot holds back vacuum. A large number lets tables bloat and, in the end, stops writes.',
    measured: 'age(xmin) and age(catalog_xmin) of pg_replication_slots, each second. Unit: transactions.',
  },
  volume: {
    title: 'Volumes',
    meaning: 'The file systems with the data directory and with pg_wal: used share, what pg_wal takes of it, and when the volume is full.',
    measured: 'statvfs on the node each second, where space reserved for the system counts as used; the size of pg_wal every 5 to 30 s.',
    limits: 'The forecast divides the free bytes by the WAL rate, now and at its 95th percentile. Other files may grow as well.',
  },
} as const satisfies Record<string, HelpText>;

export const ARCHIVE_HELP = {
  newestPoint: {
    title: 'Newest recoverable point',
    meaning: 'The latest point in time that a backup and the archived WAL can restore.',
    measured:
      'From pgbackrest info and the list of WAL in the repository, read each minute: when the last segment of the unbroken chain after a usable backup was stored.',
    limits: 'Derived from what is listed, not from a restore. Later commits are not in the archive.',
  },
  oldestPoint: {
    title: 'Oldest recoverable point',
    meaning: 'The earliest point in time that can be restored.',
    measured: 'The end of the oldest backup all of whose WAL is in the repository. Read each minute.',
  },
  newestBackup: {
    title: 'Newest backup',
    meaning: 'The age of the newest backup that pgBackRest does not report as failed.',
    measured: 'pgbackrest info, each minute; the age counts from the end of the backup.',
  },
  chain: {
    title: 'Chain of WAL',
    meaning:
      'Whether every WAL segment between the first and the last is in the repository. Recovery from an earlier backup stops at a gap.',
    measured: 'The names of the segments in the repository, listed by one agent about once a minute and compared on every timeline.',
    limits: 'That a segment is listed does not prove that its content can be read.',
  },
  encryption: {
    title: 'Encryption',
    meaning: 'Whether the repository is encrypted at rest.',
    measured: 'The cipher that pgbackrest info names, each minute.',
    limits: 'It says nothing about encryption by the storage itself.',
  },
  repository: {
    title: 'Repository',
    meaning: 'The pgBackRest stanza this page is about, and which agent read it last.',
    measured: 'Each minute by every agent whose agent.toml names a stanza; shown is the newest reading.',
  },
  lastArchived: {
    title: 'Last archived',
    meaning: 'The last WAL segment that archive_command or archive_library reported as stored, and when.',
    measured: 'pg_stat_archiver on the node, each second, compared with what the repository lists.',
  },
  backlog: {
    title: 'Backlog',
    meaning: 'Finished WAL segments that wait to be archived. They take disk space, and are in no archive if the node is lost.',
    measured: 'Files .ready in pg_wal/archive_status, counted every 5 to 30 s; the age of the oldest by its own time.',
  },
  counts: {
    title: 'Since the statistics reset',
    meaning: 'Segments archived, and failed attempts. Each attempt counts, also of the same segment.',
    measured: 'pg_stat_archiver, each second; counted since its statistics were reset.',
  },
  command: {
    title: 'Archived by',
    meaning: 'What PostgreSQL runs for each segment.',
    measured: 'archive_command or archive_library of the node, each minute; secrets are removed by the agent.',
  },
  backupType: {
    title: 'Type of backup',
    meaning: 'A full backup needs no other. A differential one needs its full backup. An incremental one needs every backup before it.',
    measured: 'pgbackrest info, each minute.',
  },
  backupAge: {
    title: 'Age of a backup',
    meaning: 'How long ago it ended.',
    measured: 'The stop time in pgbackrest info, each minute, against Farshore’s clock.',
  },
  took: { title: 'Took', meaning: 'From the start to the end of the backup.', measured: 'Both times of pgbackrest info.' },
  databaseSize: {
    title: 'Database',
    meaning: 'Size of the cluster’s files when the backup was taken: about what a restore writes.',
    measured: 'info.size of pgbackrest info, in bytes.',
  },
  repositorySize: {
    title: 'In the repository',
    meaning: 'What is stored of it after compression, with the backups it builds on.',
    measured: 'info.repository.size of pgbackrest info, in bytes; of a repository with block backups, what this backup added.',
  },
  needs: {
    title: 'WAL it needs',
    meaning: 'Whether the WAL from its start to its end is in the repository. Without it the backup can’t be made consistent.',
    measured: 'The start and stop segments of the backup, looked for in the list of the repository.',
  },
  reach: {
    title: 'Recovers up to',
    meaning: 'The latest point in time that this backup and the WAL after it can restore: the newest archived segment, or the first gap.',
    measured: 'The list of the repository, followed from the end of the backup without a gap.',
  },
  verified: {
    title: 'Verified',
    meaning: 'Whether a restore of this backup was tested.',
    measured: 'Not measured: pgBackRest keeps no record of a restore, and Farshore restores none.',
  },
  segments: {
    title: 'Segments',
    meaning: 'Whole WAL files in this range without a gap, 16 MB each unless initdb set another size.',
    measured: 'Counted in the list of the repository.',
  },
  stored: {
    title: 'First and last stored',
    meaning: 'When the first and the last segment of the range were stored in the repository.',
    measured: 'The times of the files there, by the clock of the storage.',
  },
} as const satisfies Record<string, HelpText>;
