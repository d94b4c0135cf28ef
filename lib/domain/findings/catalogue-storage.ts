/** Catalogue: slots, disks, archive and backups. */
import type { CatalogueEntry } from './catalogue-entry.ts';

export const STORAGE_ENTRIES = {
  'wal-removed': {
    title: 'WAL that the standby needs is gone',
    impact: 'This standby can’t catch up from its upstream any more; it has to come from the archive or be cloned anew.',
    likelyCauses: ['It was away longer than max_slot_wal_keep_size or wal_keep_size allow.', 'It streams without a slot.'],
    nextAction:
      'If the archive reaches back far enough, set restore_command on {node} and restart it. Else clone it anew with pg_basebackup.',
  },
  'slot-inactive': {
    title: 'Replication slot without a consumer',
    impact: 'The server keeps WAL for nobody: its disk fills, or the slot is lost.',
    likelyCauses: ['The standby behind it is down or cut off.', 'The standby was removed and its slot left behind.'],
    nextAction:
      "Bring the consumer of {subject} back. If it is gone for good: `SELECT pg_drop_replication_slot('{subject}')` on {node}; that standby then needs a new base backup.",
  },
  'slot-will-be-lost': {
    title: 'Replication slot will be lost',
    impact: 'Once max_slot_wal_keep_size is exceeded its WAL is removed, and the standby behind it has to be cloned anew.',
    likelyCauses: ['The standby behind it is down, cut off or too slow for the present write rate.'],
    nextAction:
      'Bring the consumer of {subject} back before the time in the evidence runs out, or raise max_slot_wal_keep_size on {node} while the disk has room (`ALTER SYSTEM`, then `SELECT pg_reload_conf()`).',
  },
  'slot-lost': {
    title: 'Replication slot is lost',
    impact: 'The WAL that its consumer needs was removed. The standby behind it can’t continue through this slot.',
    likelyCauses: ['It retained more than max_slot_wal_keep_size.'],
    nextAction:
      "Clone the standby anew, or let it catch up from the archive. Then drop and re-create the slot on {node}: `SELECT pg_drop_replication_slot('{subject}')`.",
  },
  'disk-filling': {
    title: 'Disk is filling',
    impact: 'When it is full PostgreSQL stops with a panic, and can’t start until room is made.',
    likelyCauses: ['A slot without a consumer keeps WAL.', 'Archiving fails, so WAL can’t be recycled.', 'Data simply grows.'],
    nextAction:
      'Mend what keeps the WAL (see slot and archive findings of {node}), or enlarge the volume. Never delete files in pg_wal by hand.',
  },
  'archive-failing': {
    title: 'WAL archiving fails',
    impact: 'No point-in-time recovery past the last archived segment, and WAL piles up on the primary’s disk.',
    likelyCauses: ['The repository is full or can’t be reached.', 'Credentials or permissions changed.', 'archive_command is wrong.'],
    nextAction:
      'On {node} read the lines of the server log that name “archive command failed”, and run `pgbackrest check` as the PostgreSQL user.',
  },
  'archive-stalled': {
    title: 'WAL archiving is stalled',
    impact: 'Finished WAL is not arriving in the archive: recovery to a recent point is not possible from it.',
    likelyCauses: ['archive_command hangs.', 'The repository is slow.', 'archive_command reports success without having stored the file.'],
    nextAction:
      'On {node}: `SELECT * FROM pg_stat_archiver`, look for a hanging archive process, and list the repository with `pgbackrest info`.',
  },
  'archive-gap': {
    title: 'Hole in the WAL archive',
    impact: 'Recovery stops at the hole: points in time after it can be reached only from a backup that was taken later.',
    likelyCauses: [
      'A segment was deleted from the repository, or lost by the storage behind it.',
      'archive_command reported success without having stored the file, or was replaced for a while (such as by /bin/true).',
      'Archive retention of pgBackRest (repo-retention-archive) is set shorter than that of the backups.',
    ],
    nextAction:
      'Take a new backup now: `pgbackrest --stanza=… --type=full backup`; from its end on every point in time can be recovered again. If the segment still lies in pg_wal of a node or in another copy of the archive, keep it.',
  },
  'archive-off': {
    title: 'WAL archiving is off',
    impact: 'There is no second copy of the WAL: no point-in-time recovery, and no way back for a standby that was away too long.',
    likelyCauses: ['archive_mode was never set.'],
    nextAction: 'Set `archive_mode = on` and an archive_command on {node} (needs a restart), then take a base backup.',
  },
  'backup-missing': {
    title: 'No usable backup',
    impact: 'A deleted table or a damaged disk on all copies could not be undone.',
    likelyCauses: ['No backup has been taken yet or lately.', 'The repository can’t be read.', 'The last backups failed.'],
    nextAction: 'Take one now: `pgbackrest --stanza=… backup --type=full`, then check `pgbackrest info`.',
  },
} satisfies Record<string, CatalogueEntry>;
