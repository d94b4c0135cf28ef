import type { ReactNode } from 'react';
import type { ArchiverRow, RepositoryBoard } from '../../lib/domain/archive/board.ts';
import { formatAge, formatAgo, formatDuration, formatElapsed } from '../../lib/domain/format/duration.ts';
import { formatCount } from '../../lib/domain/format/quantity.ts';
import { HelpedLabel } from '../help/help.tsx';
import type { HelpText } from '../help/text.ts';
import { ARCHIVE_HELP } from '../help/texts-storage.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { ROLE_WORD } from '../status/words.ts';
import { Card } from '../ui/card.tsx';
import { archiverState, comparison } from './words.ts';

/** Shows each archiving node, how far it is, and the server's own message when it fails. Others have a line each. */
export function Archivers({
  rows,
  repository,
  nowMs,
}: {
  rows: readonly ArchiverRow[];
  repository: RepositoryBoard | null;
  nowMs: number;
}) {
  const busy = rows.filter(({ archives, mode, role }) => archives === true || (mode === 'off' && role === 'primary'));
  const others = rows.filter((row) => !busy.includes(row));
  return (
    <Card role="region" aria-label="Archiving">
      <h2 className="border-b border-line px-5 py-3 font-semibold">Archiving</h2>
      {busy.length === 0 ? (
        <p className="border-b border-line px-5 py-4 text-[13px] text-unknown">No node is known to archive now.</p>
      ) : (
        <ul className="divide-y divide-line border-b border-line">
          {busy.map((row) => (
            <li key={row.name} className="px-5 py-4">
              <Archiver row={row} repository={repository} nowMs={nowMs} />
            </li>
          ))}
        </ul>
      )}
      {others.length === 0 ? null : (
        <ul className="space-y-1 px-5 py-3 text-[13px]">
          {others.map((row) => (
            <li key={row.name} className="flex flex-wrap items-baseline gap-x-2">
              <StateWord {...archiverState(row)} />
              <span className="name">{row.name}</span>
              <span className="name text-muted">{row.problem ?? quiet(row)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

const quiet = (row: ArchiverRow): string =>
  row.mode === 'off'
    ? 'archive_mode = off: nothing would be archived after a promotion'
    : `archive_mode = ${row.mode ?? 'unknown'}: archives after promotion`;

function Archiver({ row, repository, nowMs }: { row: ArchiverRow; repository: RepositoryBoard | null; nowMs: number }) {
  const ago = (at: string) => formatAgo(at, nowMs);
  const compared = comparison(row, repository);
  const failedLast = row.failing === true;
  return (
    <article aria-label={`Archiving on ${row.name}`}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <StateWord {...archiverState(row)} />
        <h3 className="name font-medium">{row.name}</h3>
        <span className="text-[13px] text-muted">
          {ROLE_WORD[row.role]} · archive_mode = {row.mode ?? 'unknown'}
          {row.fresh ? '' : ` · ${formatAge(row.observedAt, nowMs)}`}
        </span>
      </div>
      {row.problem === null ? null : <p className="name mt-1 text-[13px] text-unknown">{row.problem}</p>}
      {failedLast ? (
        <p className="mt-2 text-[13px] text-bad">
          {row.failingSince === null ? (
            'Failing'
          ) : (
            <>
              Failing since <Instant at={row.failingSince} /> ({ago(row.failingSince)})
            </>
          )}
          {row.lastFailedAt === null ? '' : <>; last attempt {ago(row.lastFailedAt)}</>}
          {row.lastFailedWal === null ? (
            ''
          ) : (
            <>
              {' '}
              with <code className="font-mono">{row.lastFailedWal}</code>
            </>
          )}
          .
        </p>
      ) : null}
      <dl className="mt-3 grid grid-cols-1 gap-x-6 gap-y-3 text-[13px] sm:grid-cols-2 xl:grid-cols-4">
        <Fact label="Last archived" help={ARCHIVE_HELP.lastArchived} note={compared}>
          {row.lastArchivedWal === null || row.lastArchivedAt === null ? (
            <span className="text-unknown">{row.fresh && row.mode !== null ? 'nothing since the statistics reset' : 'unknown'}</span>
          ) : (
            <>
              <code className="name font-mono">{row.lastArchivedWal}</code>
              <span className="block text-xs text-muted">
                <Instant at={row.lastArchivedAt} /> ({ago(row.lastArchivedAt)})
              </span>
            </>
          )}
        </Fact>
        <Fact
          label="Backlog"
          help={ARCHIVE_HELP.backlog}
          note={
            row.readyCount === 0
              ? null
              : row.oldestReadyAgeMs === null
                ? null
                : `the oldest waits for ${formatDuration(row.oldestReadyAgeMs)}`
          }
        >
          {row.readyCount === null ? (
            <span className="text-unknown">unknown</span>
          ) : row.readyCount === 0 ? (
            'no segment is waiting'
          ) : (
            `${formatCount(row.readyCount)} ${row.readyCount === 1 ? 'segment is waiting' : 'segments are waiting'}`
          )}
        </Fact>
        <Fact
          label="Since the statistics reset"
          help={ARCHIVE_HELP.counts}
          note={row.timeout === null ? null : `archive_timeout ${row.timeout}`}
        >
          {formatCount(row.archivedCount)} archived, {formatCount(row.failedCount)} failed attempts
        </Fact>
        <Fact label="Archived by" help={ARCHIVE_HELP.command} note={null}>
          {row.command === null ? (
            <span className="text-unknown">unknown</span>
          ) : (
            <code className="name line-clamp-3 font-mono text-xs" title={row.command}>
              {row.command}
            </code>
          )}
        </Fact>
      </dl>
      <ServerLog row={row} failing={failedLast} nowMs={nowMs} />
    </article>
  );
}

function Fact({ label, help, note, children }: { label: string; help: HelpText; note: string | null; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">
        <HelpedLabel text={help}>{label}</HelpedLabel>
      </dt>
      <dd className="mt-0.5 min-w-0">
        <div>{children}</div>
        {note === null ? null : <div className="name mt-0.5 text-xs text-muted">{note}</div>}
      </dd>
    </div>
  );
}

/** The server's own words. Of an archiver that works they are history, and stay folded. */
function ServerLog({ row, failing, nowMs }: { row: ArchiverRow; failing: boolean; nowMs: number }) {
  const { log } = row;
  const readAgo = log === null ? '' : formatElapsed(log.readAt, nowMs);
  if (!failing && (log === null || log.lines.length === 0)) return null;
  const body =
    log === null ? (
      <p className="text-unknown">The server’s message is unknown: its agent does not read the log.</p>
    ) : log.lines.length === 0 ? (
      <p className="name text-unknown">
        The server’s message is unknown.{' '}
        {log.message ?? `The newest part of ${log.file ?? 'the log'} had no line about it when it was read ${readAgo} ago.`}
      </p>
    ) : (
      <>
        <pre
          tabIndex={0}
          aria-label={`Server log of ${row.name}`}
          className="overflow-x-auto rounded-md border border-line bg-raised px-3 py-2 font-mono text-xs leading-relaxed"
        >
          {log.lines.join('\n')}
        </pre>
        <p className="name mt-1 text-xs text-muted">
          From {log.file ?? 'the server log'}, read {readAgo} ago; secrets are removed.
        </p>
      </>
    );
  if (failing) {
    return (
      <section className="mt-3 text-[13px]">
        <h4 className="mb-1.5 text-xs text-muted">The server’s own message</h4>
        {body}
      </section>
    );
  }
  return (
    <details className="mt-3 text-[13px]">
      <summary className="cursor-pointer text-accent select-none">The last failure in the server’s log</summary>
      <div className="mt-2">{body}</div>
    </details>
  );
}
