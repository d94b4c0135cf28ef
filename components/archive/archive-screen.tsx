'use client';
import type { ArchiveBoard, ArchiverRow, RepositoryBoard } from '../../lib/domain/archive/board.ts';
import { formatAgo, formatElapsed } from '../../lib/domain/format/duration.ts';
import { isViewCurrent } from '../../lib/domain/topology/age.ts';
import { Figure } from '../help/figure.tsx';
import { ARCHIVE_HELP } from '../help/texts-storage.ts';
import { useServerNow } from '../live/clock.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { NOT_COMPUTED_YET, olderOf, usePolled } from '../live/polled.ts';
import { SessionOver } from '../live/session-over.tsx';
import { Instant } from '../status/instant.tsx';
import { Mark, StateWord } from '../status/mark.tsx';
import { Card } from '../ui/card.tsx';
import { Archivers } from './archivers.tsx';
import { Backups } from './backups.tsx';
import { WalChainPanel } from './wal-chain-panel.tsx';
import { encryptionWord } from './words.ts';

/** The archiver reports each second, the repository each minute: nothing here moves faster than an eye needs. */
const POLL_INTERVAL_MS = 5_000;

interface Props {
  slug: string;
  name: string;
  serverTime: string;
  evaluatedAt: string | null;
  /** `null`: the controller has not computed it yet. */
  board: ArchiveBoard | null;
}

/** The second copy: whether WAL leaves the cluster, whether the chain is whole, and to which moments one could go back. */
export function ArchiveScreen(props: Props) {
  const { answer, stream } = usePolled<Props>(`/api/v1/clusters/${encodeURIComponent(props.slug)}/archive`, props, POLL_INTERVAL_MS);
  const nowMs = useServerNow(Date.parse(props.serverTime), stream.clockOffsetMs);
  const { board } = answer;
  const boardIsOld = board === null || !isViewCurrent(board.computedAt, nowMs);
  const archivers = (board?.archivers ?? []).map((row) => (boardIsOld ? { ...row, fresh: false, failing: null } : row));
  const repository = board?.repository ?? null;
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${encodeURIComponent(props.slug)}/archive`} />
      <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
        <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
          <div className="min-w-0 flex-1 basis-80">
            <h1 className="name line-clamp-2 text-xl font-semibold tracking-tight">Archive & backups of {answer.name}</h1>
            <p className="mt-1 min-h-[2lh] max-w-5xl text-[15px] text-muted sm:min-h-[1lh]">
              {board === null ? NOT_COMPUTED_YET : sentence(archivers, repository, nowMs)}
            </p>
          </div>
          <LiveIndicator stream={stream} computedAt={olderOf(answer.evaluatedAt, board?.computedAt ?? null)} nowMs={nowMs} />
        </header>
        {board === null ? null : archivers.length === 0 ? (
          <Card className="px-5 py-5 text-muted">This cluster has no nodes yet. Its archive appears here once an agent reports.</Card>
        ) : (
          <>
            <Recoverable repository={repository} nowMs={nowMs} />
            <Archivers rows={archivers} repository={repository} nowMs={nowMs} />
            {repository === null ? <NoRepository board={board} /> : null}
            {repository === null ? null : <WalChainPanel repository={repository} nowMs={nowMs} />}
            {repository === null ? null : <Backups repository={repository} nowMs={nowMs} />}
            {repository === null ? null : <Blind board={board} />}
          </>
        )}
      </main>
    </>
  );
}

function sentence(archivers: readonly ArchiverRow[], repository: RepositoryBoard | null, nowMs: number): string {
  const failing = archivers.find((row) => row.failing === true);
  const first = failing === undefined ? '' : `Archiving on ${failing.name} fails, and WAL accumulates there. `;
  return first + recoverySentence(repository, nowMs);
}

function recoverySentence(repository: RepositoryBoard | null, nowMs: number): string {
  if (repository === null) return 'No agent of this cluster is configured with a backup repository: what can be recovered is unknown.';
  if (!repository.readable) return 'The backup repository can’t be read: what can be recovered is unknown.';
  const { window } = repository;
  if (window.newest === null || window.oldest === null) return `No point in time is known to be recoverable. ${window.reason ?? ''}`;
  const costly = repository.holes.filter(({ harmless }) => !harmless).length;
  const reach = `From backups and archived WAL this cluster can be recovered to within ${formatElapsed(window.newest.at, nowMs)} of now`;
  return costly === 0
    ? `${reach}; the WAL has no gap.`
    : `${reach}, but the WAL has ${costly === 1 ? 'a gap' : `${costly} gaps`} that cost${costly === 1 ? 's' : ''} points in time.`;
}

function Recoverable({ repository, nowMs }: { repository: RepositoryBoard | null; nowMs: number }) {
  const unknown = <span className="text-unknown">unknown</span>;
  const window = repository?.window ?? null;
  const none = window?.known === true && repository?.readable === true ? <StateWord tone="bad" word="none" /> : unknown;
  const newestBackup = repository?.backups.find(({ state }) => state !== 'failed') ?? null;
  const ago = (at: string) => formatAgo(at, nowMs);
  const costly = repository?.holes.filter(({ harmless }) => !harmless).length ?? 0;
  const chainKnown = repository !== null && repository.listing !== null;
  const encryption = repository === null ? null : encryptionWord(repository);
  return (
    <Card role="region" aria-label="What can be recovered" className="px-5 py-4">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-3 xl:grid-cols-6">
        <Figure
          label="Newest recoverable point"
          help={ARCHIVE_HELP.newestPoint}
          note={
            window?.newest == null
              ? (window?.reason ?? 'no repository is seen')
              : `${ago(window.newest.at)}, from backup ${window.newest.backup}`
          }
        >
          {window?.newest == null ? none : <Instant at={window.newest.at} />}
        </Figure>
        <Figure
          label="Oldest recoverable point"
          help={ARCHIVE_HELP.oldestPoint}
          note={
            window?.oldest == null
              ? 'the end of the oldest backup with all its WAL'
              : `${ago(window.oldest.at)}, the end of backup ${window.oldest.backup}`
          }
        >
          {window?.oldest == null ? none : <Instant at={window.oldest.at} />}
        </Figure>
        <Figure
          label="Newest backup"
          help={ARCHIVE_HELP.newestBackup}
          note={
            newestBackup === null ? (
              'no usable backup was seen'
            ) : (
              <span className="name">
                {newestBackup.label}, {newestBackup.type}
              </span>
            )
          }
        >
          {repository === null || !repository.readable ? (
            unknown
          ) : newestBackup === null ? (
            <StateWord tone="bad" word="none" />
          ) : (
            ago(newestBackup.finishedAt)
          )}
        </Figure>
        <Figure
          label="Chain of WAL"
          help={ARCHIVE_HELP.chain}
          note={chainKnown ? <>listed {ago(repository.listing!.startedAt)}</> : (repository?.listingMessage ?? 'no repository is seen')}
        >
          {!chainKnown ? (
            unknown
          ) : costly > 0 ? (
            <StateWord tone="bad" word={costly === 1 ? '1 hole' : `${costly} holes`} />
          ) : (
            <StateWord tone="good" word="whole" />
          )}
        </Figure>
        <Figure label="Encryption" help={ARCHIVE_HELP.encryption} note="of the repository, as pgBackRest reports">
          {encryption === null ? unknown : <StateWord {...encryption} />}
        </Figure>
        <Figure
          label="Repository"
          help={ARCHIVE_HELP.repository}
          note={
            repository === null ? (
              'set [backup] stanza in agent.toml'
            ) : (
              <>
                read {ago(repository.readAt)} by <span className="name">{repository.seenBy}</span>
              </>
            )
          }
        >
          {repository === null ? unknown : <span className="name">{repository.stanza}</span>}
        </Figure>
      </dl>
      {window?.newest == null ? null : (
        <p className="mt-3 border-t border-line pt-3 text-xs text-muted">
          Rests on the backups below, and on every WAL segment from the start of a backup to the point being listed in the repository; not
          on a restore. The newest point is when the last of these segments was stored: commits after it are in no archive. Farshore has not
          restored any of this to prove it.
        </p>
      )}
    </Card>
  );
}

function NoRepository({ board }: { board: ArchiveBoard }) {
  return (
    <Card role="region" aria-label="Backup repository">
      <h2 className="border-b border-line px-5 py-3 font-semibold">Backup repository</h2>
      <div className="space-y-2 px-5 py-4 text-[13px]">
        <p>
          No agent of this cluster sees a pgBackRest repository: backups and archived WAL are unknown. Next: name the stanza in agent.toml
          of each node (<code className="font-mono">{`[backup] stanza = "…"`}</code>) and start the agent again.
        </p>
        <BlindList board={board} />
      </div>
    </Card>
  );
}

function Blind({ board }: { board: ArchiveBoard }) {
  if (board.blind.length === 0) return null;
  return (
    <Card role="region" aria-label="Nodes that do not see the repository">
      <h2 className="border-b border-line px-5 py-3 font-semibold">Do not see the repository</h2>
      <div className="px-5 py-3 text-[13px]">
        <BlindList board={board} />
      </div>
    </Card>
  );
}

function BlindList({ board }: { board: ArchiveBoard }) {
  return (
    <ul className="space-y-1.5">
      {board.blind.map(({ name, reason }) => (
        <li key={name} className="flex gap-2">
          <span className="mt-1">
            <Mark tone="unknown" />
          </span>
          <span className="name min-w-0">
            <strong className="font-medium">{name}</strong>: {reason}
          </span>
        </li>
      ))}
    </ul>
  );
}
