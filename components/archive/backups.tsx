import type { ReactNode } from 'react';
import type { BackupRow, RepositoryBoard } from '../../lib/domain/archive/board.ts';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { Card } from '../ui/card.tsx';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';
import { BACKUP_STATE, BACKUP_TYPE } from './words.ts';

const HEADERS = ['Backup', 'Type', 'Age', 'Took', 'Database', 'In the repository', 'WAL it needs', 'Recovers up to', 'Verified'];

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
          not known. Next: run `pgbackrest info` there as the PostgreSQL user.
        </p>
      ) : backups.length === 0 ? (
        <p className="px-5 py-4 text-[13px] text-bad">
          There is no backup. Next: `pgbackrest --stanza={repository.stanza} --type=full backup`.
        </p>
      ) : (
        <>
          <div className="max-md:hidden">
            <Table label="Backups as a table">
              <thead>
                <tr>
                  {HEADERS.map((header) => (
                    <HeaderCell key={header}>{header}</HeaderCell>
                  ))}
                </tr>
              </thead>
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
          <ul className="divide-y divide-line md:hidden">
            {backups.map((backup) => (
              <li key={backup.label} className="px-4 py-3">
                <h3 className="name font-mono text-xs font-medium">{backup.label}</h3>
                <dl className="mt-2 space-y-1.5 text-[13px]">
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
                </dl>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="shrink-0 text-muted">{label}</dt>
      <dd className="min-w-0 text-right">{children}</dd>
    </div>
  );
}

const tookWords = (backup: BackupRow): string => formatDuration(Math.max(0, Date.parse(backup.finishedAt) - Date.parse(backup.startedAt)));

function Age({ backup, nowMs }: { backup: BackupRow; nowMs: number }) {
  return (
    <>
      {formatDuration(Math.max(0, Math.floor((nowMs - Date.parse(backup.finishedAt)) / 1000) * 1000))}
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
        {backup.stopsAt === null ? 'the newest archived WAL' : `stops at the hole ${backup.stopsAt}`}
      </span>
    </>
  );
}

const NotVerified = () => <span className="text-muted">not verified</span>;
