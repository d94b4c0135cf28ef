/** How the figures of slots, volumes, the archive and backups are measured. */
import type { HelpText } from './text.ts';

export const SLOT_HELP = {
  owner: {
    title: 'For',
    meaning: 'The node of this cluster that consumes the slot, and its state.',
    measured: 'By the name: a slot belongs to the node it is called after (aws-use1-b: aws_use1_b), as Farshore’s guide sets them up.',
    limits: 'A slot that is called after no node, and every logical slot, is for somebody whom Farshore does not watch.',
  },
  state: {
    title: 'State of a slot',
    meaning:
      'Active: somebody consumes it. Inactive: nobody does, and it keeps WAL. Spare: its node streams from elsewhere, and it is held ready for a change of primary. Keeps nothing: it holds no WAL. Lost: WAL it needs is gone.',
    measured: 'From pg_replication_slots on the node, each second.',
    limits: 'Of a node that is not seen now: the last known state, said as “was”.',
  },
  walStatus: {
    title: 'WAL status',
    meaning:
      'PostgreSQL’s own word. Reserved: within max_wal_size. Extended: beyond it, kept for the slot. Unreserved: removed at the next checkpoint. Lost: removed.',
    measured: 'wal_status of pg_replication_slots, each second.',
  },
  retained: {
    title: 'Retained',
    meaning: 'WAL that this slot makes its node keep, in bytes.',
    measured: 'The node’s present WAL position minus restart_lsn of the slot, each second.',
    limits: 'Unknown while the node is not seen. The volume pays only once for WAL that several slots keep.',
  },
  left: {
    title: 'Left',
    meaning: 'WAL that may still be written before the slot can be lost, in bytes.',
    measured: 'safe_wal_size of pg_replication_slots, each second; it follows from max_slot_wal_keep_size.',
    limits: 'Without max_slot_wal_keep_size there is no limit: the slot is never lost, and the disk can fill.',
  },
  untilLost: {
    title: 'Until lost',
    meaning: 'When the slot gives up WAL that its consumer needs, if that stays away. Its consumer then has to be built anew.',
    measured:
      '“Left” divided by the node’s WAL rate: the mean of the last minute, or of its last 15 s when that is higher. The second line takes the 95th percentile of the minutes of the last hour.',
    limits: 'A forecast, not a promise. Below 1 kB/s it says “not while idle”; without a WAL rate it is unknown.',
  },
  untilFull: {
    title: 'Until disk full',
    meaning: 'When the volume with the WAL is full, if everything that is written stays there. PostgreSQL stops then.',
    measured: 'Free bytes of that volume divided by the same two WAL rates as “Until lost”.',
    limits: 'A slot with a limit is lost before that; then the line says so.',
  },
  inactiveSince: {
    title: 'Inactive since',
    meaning: 'Since when nobody has consumed the slot.',
    measured: 'inactive_since of pg_replication_slots from PostgreSQL 17; before, the agent’s own record, which survives its restart.',
    limits: 'Of a slot that was inactive before the agent came: since the agent has seen it.',
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
    meaning: 'The latest moment to which a backup and the archived WAL could bring the cluster back.',
    measured:
      'From pgbackrest info and the list of WAL in the repository, read each minute: when the last segment of the unbroken chain after a usable backup was stored.',
    limits: 'Derived from what is listed, not from a restore. Commits after it are in no archive.',
  },
  oldestPoint: {
    title: 'Oldest recoverable point',
    meaning: 'The earliest moment to which one could go back.',
    measured: 'The end of the oldest backup all of whose WAL is in the repository. Read each minute.',
  },
  newestBackup: {
    title: 'Newest backup',
    meaning: 'The age of the newest backup that pgBackRest does not call failed.',
    measured: 'pgbackrest info, each minute; the age counts from the end of the backup.',
  },
  chain: {
    title: 'Chain of WAL',
    meaning: 'Whether every WAL segment between the first and the last is in the repository. A hole ends what can be recovered before it.',
    measured: 'The names of the segments in the repository, listed by one agent about once a minute and compared on every timeline.',
    limits: 'That a segment is listed does not prove that its content can be read.',
  },
  encryption: {
    title: 'Encryption',
    meaning: 'Whether the repository is encrypted at rest.',
    measured: 'The cipher that pgbackrest info names, each minute.',
    limits: 'It says nothing of how the storage itself encrypts.',
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
    meaning: 'Finished WAL segments that wait to be archived. They take disk space and would be lost with the node.',
    measured: 'Files .ready in pg_wal/archive_status, counted every 5 to 30 s; the age of the oldest by its own time.',
  },
  counts: {
    title: 'Since the statistics began',
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
    meaning: 'Full stands for itself; differential needs its full one; incremental needs every one before it.',
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
    measured: 'info.repository.size of pgbackrest info, in bytes; of a repository with block backups, what this one added.',
  },
  needs: {
    title: 'WAL it needs',
    meaning: 'Whether the WAL from its start to its end is in the repository. Without it the backup can’t be made consistent.',
    measured: 'The start and stop segments of the backup, looked for in the list of the repository.',
  },
  reach: {
    title: 'Recovers up to',
    meaning: 'The last moment that this backup and the WAL after it reach: the newest archived segment, or the first hole.',
    measured: 'The list of the repository, followed from the end of the backup without a gap.',
  },
  verified: {
    title: 'Verified',
    meaning: 'Whether a restore of this backup was tested.',
    measured: 'Not measured yet: pgBackRest keeps no record of a restore, and Farshore restores none.',
  },
  segments: {
    title: 'Segments',
    meaning: 'Whole WAL files in this unbroken piece of the chain, 16 MB each unless initdb was told otherwise.',
    measured: 'Counted in the list of the repository.',
  },
  stored: {
    title: 'First and last stored',
    meaning: 'When the first and the last segment of the piece came into the repository.',
    measured: 'The times of the files there, by the clock of the storage.',
  },
} as const satisfies Record<string, HelpText>;
