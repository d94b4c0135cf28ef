'use client';
import { formatAge, formatDuration, formatMinutes } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond } from '../../lib/domain/format/quantity.ts';
import type { SlotBoard, SlotRow, StorageNode } from '../../lib/domain/slots/board.ts';
import { isViewCurrent } from '../../lib/domain/topology/age.ts';
import { HelpForAll } from '../help/help.tsx';
import { SLOT_HELP } from '../help/texts-storage.ts';
import { useServerNow } from '../live/clock.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { NOT_COMPUTED_YET, olderOf, usePolled } from '../live/polled.ts';
import { SessionOver } from '../live/session-over.tsx';
import { Mark } from '../status/mark.tsx';
import { ROLE_WORD, providerName } from '../status/words.ts';
import { Card } from '../ui/card.tsx';
import { SlotActions } from './slot-actions.tsx';
import { SlotTable } from './slot-table.tsx';
import { Volumes } from './volumes.tsx';

/** Often enough to watch a disk fill, rare enough for a database that serves many pages. */
const POLL_INTERVAL_MS = 3_000;

interface Props {
  slug: string;
  name: string;
  serverTime: string;
  evaluatedAt: string | null;
  /** `null`: the controller has not computed it yet. */
  board: SlotBoard | null;
}

/** Every slot of a cluster, whose it is and how long it lasts; and the disks that pay for it. */
export function SlotsScreen(props: Props) {
  const { answer, stream } = usePolled<Props>(`/api/v1/clusters/${encodeURIComponent(props.slug)}/slots`, props, POLL_INTERVAL_MS);
  const nowMs = useServerNow(Date.parse(props.serverTime), stream.clockOffsetMs);
  const { board } = answer;
  const boardIsOld = board === null || !isViewCurrent(board.computedAt, nowMs);
  const nodes = (board?.nodes ?? []).map((node) => (boardIsOld ? { ...node, fresh: false } : node));
  const holders = nodes.filter((node) => node.slots.length > 0);
  const risky = nodes.flatMap((node) => node.slots.filter(({ actions }) => actions.length > 0).map((slot) => ({ node, slot })));
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${encodeURIComponent(props.slug)}/slots`} />
      <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
        <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
          <div className="min-w-0 flex-1 basis-80">
            <h1 className="name line-clamp-2 text-xl font-semibold tracking-tight">Slots & disk of {answer.name}</h1>
            <p className="mt-1 min-h-[2lh] max-w-5xl text-[15px] text-muted sm:min-h-[1lh]">
              {board === null ? NOT_COMPUTED_YET : sentence(nodes)}
            </p>
          </div>
          <LiveIndicator stream={stream} computedAt={olderOf(answer.evaluatedAt, board?.computedAt ?? null)} nowMs={nowMs} />
        </header>
        {board === null ? null : nodes.length === 0 ? (
          <Card className="px-5 py-5 text-muted">This cluster has no nodes yet. Slots appear here once an agent reports.</Card>
        ) : (
          <>
            {risky.length === 0 ? null : <SlotActions slug={props.slug} risky={risky} nowMs={nowMs} />}
            <Card role="region" aria-label="Replication slots">
              <div className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line px-5 py-3">
                <h2 className="font-semibold">
                  Replication slots{' '}
                  <span className="font-normal text-muted">({holders.reduce((sum, node) => sum + node.slots.length, 0)})</span>
                </h2>
                {/* On a phone the table is cards, which have no heads to ask. */}
                <span className="-my-1 md:hidden">
                  <HelpForAll texts={Object.values(SLOT_HELP)} className="-ml-2.5" />
                </span>
              </div>
              {holders.length === 0 ? (
                <p className="px-5 py-5 text-muted">
                  {nodes.every(({ problem }) => problem === null)
                    ? 'No node of this cluster holds a slot. A standby that streams without one must be re-cloned, or use the archive, once the WAL it needs is removed.'
                    : 'No slot is seen. Not every node was seen, so there may be some.'}
                </p>
              ) : (
                <SlotTable holders={holders} nowMs={nowMs} />
              )}
            </Card>
            <Volumes nodes={nodes} nowMs={nowMs} />
            <NodesWithProblems nodes={nodes} nowMs={nowMs} />
            <HowMeasured nodes={holders} />
          </>
        )}
      </main>
    </>
  );
}

function sentence(nodes: readonly StorageNode[]): string {
  const slots = nodes.flatMap((node) => node.slots.map((slot) => ({ node, slot })));
  const unseen = nodes.filter(({ fresh, problem }) => !fresh || problem !== null).length;
  const blind = unseen === 0 ? '' : ` ${unseen === 1 ? 'One node is' : `${unseen} nodes are`} not fully seen now: this may not be all.`;
  const worst = slots.find(({ slot }) => slot.severity === 'critical') ?? slots.find(({ slot }) => slot.severity === 'warning');
  if (worst !== undefined) {
    const { node, slot } = worst;
    return `Slot ${slot.name} on ${node.name} ${pressing(slot)}.${blind}`;
  }
  const seen = slots.filter(({ node }) => node.fresh);
  if (seen.length === 0) return `No slot is seen now.${blind}`;
  const kept = seen.map(({ slot }) => slot.retainedBytes);
  const most = kept.includes(null) ? null : Math.max(...(kept as number[]));
  return `No slot is at risk now; the one furthest behind retains ${formatBytes(most)} of WAL.${blind}`;
}

function pressing(slot: SlotRow): string {
  const { present } = slot.untilLost;
  const keeps = `retains ${formatBytes(slot.retainedBytes)} of WAL`;
  if (slot.use === 'lost') return 'is lost: WAL that its consumer needs was removed';
  if (present.kind === 'now') return `${keeps} and will be lost at the next checkpoint`;
  return present.kind === 'minutes' ? `${keeps} and will be lost in ${formatMinutes(present.minutes)} at the present WAL rate` : keeps;
}

function NodesWithProblems({ nodes, nowMs }: { nodes: readonly StorageNode[]; nowMs: number }) {
  const troubled = nodes.filter(({ problem }) => problem !== null);
  if (troubled.length === 0) return null;
  return (
    <Card role="region" aria-label="Nodes that are not fully seen">
      <h2 className="border-b border-line px-5 py-3 font-semibold">Not fully seen now</h2>
      <ul className="divide-y divide-line">
        {troubled.map((node) => (
          <li key={node.name} className="flex gap-2 px-5 py-3 text-[13px]">
            <span className="mt-1">
              <Mark tone="unknown" />
            </span>
            <p className="name min-w-0">
              <strong className="font-medium">{node.name}</strong>{' '}
              <span className="text-muted">
                ({ROLE_WORD[node.role]}, {providerName(node.site.provider)} {node.site.region}, {formatAge(node.observedAt, nowMs)})
              </span>
              : {node.problem}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Which rates the forecasts rest on, node by node. */
function HowMeasured({ nodes }: { nodes: readonly StorageNode[] }) {
  return (
    <details className="text-[13px] text-muted">
      <summary className="cursor-pointer text-accent select-none">How the forecasts are computed</summary>
      <div className="mt-2 max-w-4xl space-y-2">
        <p>
          “Until lost” is what a slot has left below max_slot_wal_keep_size, “until disk full” the free space of the WAL volume, each
          divided by the WAL rate. The present rate is the mean of the last minute, or of its last quarter when that is higher. The p95 is
          the 95th percentile of the minutes before. The findings use the same two rates.
        </p>
        <ul className="space-y-1">
          {nodes.map((node) => (
            <li key={node.name} className="name">
              {node.name}: now {formatBytesPerSecond(node.presentBytesPerSecond)}, p95 {formatBytesPerSecond(node.p95BytesPerSecond)}
              {node.p95WindowMs === null ? '' : ` of the last ${formatDuration(node.p95WindowMs)}`}; max_slot_wal_keep_size{' '}
              {node.keepSize ?? 'unknown'}
              {node.slotsTruncated ? '; there may be more slots than are shown' : ''}
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}
