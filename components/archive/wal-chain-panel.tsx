import type { HoleRow, RepositoryBoard } from '../../lib/domain/archive/board.ts';
import { formatAgo, formatDuration } from '../../lib/domain/format/duration.ts';
import { ageMs } from '../../lib/domain/time/age.ts';
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import { HelpedLabel } from '../help/help.tsx';
import { TableHead } from '../help/table-head.tsx';
import { ARCHIVE_HELP } from '../help/texts-storage.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { Card } from '../ui/card.tsx';
import { Cell, Table } from '../ui/table.tsx';
import { holeName, segmentsWord } from './words.ts';

const COLUMNS = [
  { label: 'Timeline' },
  { label: 'From' },
  { label: 'To' },
  { label: 'Segments', help: ARCHIVE_HELP.segments },
  { label: 'First stored' },
  { label: 'Last stored', help: ARCHIVE_HELP.stored },
];

/** Shows the ranges of WAL without a gap, and each gap with what it costs. */
export function WalChainPanel({ repository, nowMs }: { repository: RepositoryBoard; nowMs: number }) {
  const { listing, chain, holes } = repository;
  const costly = holes.filter(({ harmless }) => !harmless);
  return (
    <Card role="region" aria-label="Chain of WAL">
      <div className="border-b border-line px-5 py-3">
        <h2 className="font-semibold">
          <HelpedLabel text={ARCHIVE_HELP.chain}>Chain of WAL</HelpedLabel>
        </h2>
        <p className="name mt-0.5 text-[13px] text-muted">
          {listing === null ? (
            <>Not listed: {repository.listingMessage ?? 'no reason given.'}</>
          ) : (
            <>
              {segmentsWord(listing.segments)}, {formatBytes(listing.storedBytes)} as stored; listed {formatAgo(listing.startedAt, nowMs)}{' '}
              by {listing.listedBy}.
              {listing.complete ? '' : ' Only the newest part is shown: the list has more pieces than an agent sends.'}
              {repository.listingMessage === null ? '' : ` The last attempt to list it again failed: ${repository.listingMessage}`}
            </>
          )}
        </p>
      </div>
      {listing === null ? null : (
        <>
          {costly.length === 0 ? (
            <p className="flex px-5 pt-4 text-[13px]">
              <StateWord tone="good" word={holes.length === 0 ? 'No segment is missing.' : 'No segment that a backup needs is missing.'} />
            </p>
          ) : null}
          {holes.length === 0 ? null : (
            <ul className="space-y-2 px-5 pt-4">
              {[...holes].reverse().map((hole) => (
                <li key={hole.firstName}>
                  <Hole hole={hole} nowMs={nowMs} />
                </li>
              ))}
            </ul>
          )}
          <div className="pt-3">
            <Table label="Ranges without a gap">
              <TableHead columns={COLUMNS} />
              <tbody>
                {[...chain].reverse().map((link) => (
                  <tr key={link.firstName} className="hover:bg-raised">
                    <Cell>{link.timeline}</Cell>
                    <Cell className="font-mono text-xs whitespace-nowrap">{link.firstName}</Cell>
                    <Cell className="font-mono text-xs whitespace-nowrap">{link.lastName}</Cell>
                    <Cell className="whitespace-nowrap">{segmentsWord(link.segments)}</Cell>
                    <Cell>
                      <Instant at={link.firstStoredAt} />
                    </Cell>
                    <Cell>
                      <Instant at={link.lastStoredAt} />
                    </Cell>
                  </tr>
                ))}
              </tbody>
            </Table>
            {chain.length === 0 ? <p className="px-5 py-4 text-[13px] text-muted">The repository holds no WAL segment yet.</p> : null}
          </div>
        </>
      )}
    </Card>
  );
}

function Hole({ hole, nowMs }: { hole: HoleRow; nowMs: number }) {
  const span = ageMs(hole.from, hole.to === null ? nowMs : Date.parse(hole.to));
  const many = hole.segments === 1 ? 'is' : 'are';
  return (
    <article
      aria-label={`Hole ${holeName(hole)}`}
      className={`rounded-md border px-3 py-2.5 text-[13px] ${hole.harmless ? 'border-line bg-raised' : 'border-bad bg-bad-soft'}`}
    >
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <StateWord tone={hole.harmless ? 'info' : 'bad'} word={hole.harmless ? 'gap, no backup needs it' : 'hole'} />
        <h3 className="name font-mono text-xs font-medium">{holeName(hole)}</h3>
        <span className="text-muted">
          {segmentsWord(hole.segments)} {many} missing on timeline {hole.timeline}
        </span>
      </div>
      {hole.harmless ? null : (
        <p className="mt-1">
          No point in time after <Instant at={hole.from} />{' '}
          {hole.to === null ? (
            <>can be recovered until a new backup is taken: {formatDuration(span)} by now, and growing.</>
          ) : (
            <>
              and before <Instant at={hole.to} /> can be recovered: a window of {formatDuration(span)} is lost.
            </>
          )}
          {hole.brokenBackups.length === 0 ? '' : ` Backups that can’t be made consistent because of it: ${hole.brokenBackups.join(', ')}.`}
        </p>
      )}
    </article>
  );
}
