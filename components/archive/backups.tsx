import type { BackupRow, RepositoryBoard } from '../../lib/domain/archive/board.ts';
import { formatDuration, formatElapsed } from '../../lib/domain/format/duration.ts';
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import { HelpForAll } from '../help/help.tsx';
import { TableHead } from '../help/table-head.tsx';
import { ARCHIVE_HELP } from '../help/texts-storage.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { Card } from '../ui/card.tsx';
import { Fact, Facts } from '../ui/facts.tsx';
import { Cell, Table } from '../ui/table.tsx';
import { BACKUP_STATE, BACKUP_TYPE } from './words.ts';

const COLUMNS = [
  { label: 'Backup' },
  { label: 'Type', help: ARCHIVE_HELP.backupType },
  { label: 'Age', help: ARCHIVE_HELP.backupAge },
  { label: 'Took', help: ARCHIVE_HELP.took },
  { label: 'Database', help: ARCHIVE_HELP.databaseSize },
  { label: 'In the repository', help: ARCHIVE_HELP.repositorySize },
  { label: 'WAL it needs', help: ARCHIVE_HELP.needs },
  { label: 'Recovers up to', help: ARCHIVE_HELP.reach },
  { label: 'Verified', help: ARCHIVE_HELP.verified },
];

/** Every backup that pgBackRest knows, newest first. */
export function Backups({ repository, nowMs }: { repository: RepositoryBoard; nowMs: number }) {
  const { backups } = repository;
  return (
    <Card role="region" aria-label="Backups">
      <div className="border-b border-line px-5 py-3">
        <h2 className="font-semibold">
          Backups <span className="font-normal text-muted">{repository.readable ? `(${backups.length})` : ''}</span>
        </h2>
        <p className="name mt-0.5 text-[13px] text-muted">
          pgBackRest, stanza {repository.stanza}. A backup counts as verified only after a restore was tested; pgBackRest keeps no record of
          that.
        </p>
      </div>
      {!repository.readable ? (
        <p className="name px-5 py-4 text-[13px] text-unknown">
          The repository can’t be read from {repository.seenBy}: {repository.message ?? 'no reason was given.'} Which backups there are is
          unknown. Next: run `pgbackrest info` there as the PostgreSQL user.
        </p>
      ) : backups.length === 0 ? (
        <p className="px-5 py-4 text-[13px] text-bad">
          There is no backup. Next: `pgbackrest --stanza={repository.stanza} --type=full backup`.
        </p>
      ) : (
        <>
          <div className="max-md:hidden">
            <Table label="Backups as a table">
              <TableHead columns={COLUMNS} />
              <tbody>
                {backups.map((backup) => (
                  <tr key={backup.label} className="hover:bg-raised">
                    <Cell className="name font-mono text-xs">{backup.label}</Cell>
                    <Cell>{BACKUP_TYPE[backup.type]}</Cell>
                    <Cell className="whitespace-nowrap">
                      <Age backup={backup} nowMs={nowMs} />
                    </Cell>
                    <Cell className="whitespace-nowrap">{tookWords(backup)}</Cell>
                    <Cell className="whitespace-nowrap">{formatBytes(backup.databaseBytes)}</Cell>
                    <Cell className="whitespace-nowrap">{formatBytes(backup.repositoryBytes)}</Cell>
                    <Cell className="max-w-64">
                      <Needs backup={backup} />
                    </Cell>
                    <Cell>
                      <Reach backup={backup} />
                    </Cell>
                    <Cell>
                      <NotVerified />
                    </Cell>
                  </tr>
                ))}
              </tbody>
            </Table>
          </div>
          <div className="px-2 pt-2 md:hidden">
            <HelpForAll texts={COLUMNS.flatMap(({ help }) => help ?? [])} />
          </div>
          <ul className="divide-y divide-line md:hidden">
            {backups.map((backup) => (
              <li key={backup.label} className="px-4 py-3">
                <h3 className="name font-mono text-xs font-medium">{backup.label}</h3>
                <Facts className="mt-2">
                  <Fact label="Type">{BACKUP_TYPE[backup.type]}</Fact>
                  <Fact label="Age">
                    <Age backup={backup} nowMs={nowMs} />
                  </Fact>
                  <Fact label="Took">{tookWords(backup)}</Fact>
                  <Fact label="Database">{formatBytes(backup.databaseBytes)}</Fact>
                  <Fact label="In the repository">{formatBytes(backup.repositoryBytes)}</Fact>
                  <Fact label="WAL it needs">
                    <Needs backup={backup} />
                  </Fact>
                  <Fact label="Recovers up to">
                    <Reach backup={backup} />
                  </Fact>
                  <Fact label="Verified">
                    <NotVerified />
                  </Fact>
                </Facts>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

const tookWords = (backup: BackupRow): string => formatDuration(Math.max(0, Date.parse(backup.finishedAt) - Date.parse(backup.startedAt)));

function Age({ backup, nowMs }: { backup: BackupRow; nowMs: number }) {
  return (
    <>
      {formatElapsed(backup.finishedAt, nowMs)}
      <span className="block text-xs text-muted">
        <Instant at={backup.finishedAt} />
      </span>
    </>
  );
}

function Needs({ backup }: { backup: BackupRow }) {
  return (
    <>
      <StateWord {...BACKUP_STATE[backup.state]} />
      {backup.reason === null ? null : <span className="name block text-xs text-muted">{backup.reason}</span>}
    </>
  );
}

function Reach({ backup }: { backup: BackupRow }) {
  if (backup.reachesTo === null) return <span className="text-unknown">{backup.state === 'unknown' ? 'unknown' : 'nothing'}</span>;
  return (
    <>
      <Instant at={backup.reachesTo} />
      <span className="name block text-xs text-muted">
        {backup.stopsAt === null ? 'the newest archived WAL' : `stops at the gap ${backup.stopsAt}`}
      </span>
    </>
  );
}

const NotVerified = () => <span className="text-muted">not verified</span>;
