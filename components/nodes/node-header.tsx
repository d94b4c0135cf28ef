import type { ReactNode } from 'react';
import { formatAge, formatDuration, formatSeconds } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatCount, formatPercent } from '../../lib/domain/format/quantity.ts';
import type { NodeDetails } from '../../lib/domain/node-details/details.ts';
import type { ClusterView, NodeView } from '../../lib/domain/topology/model.ts';
import { Figure } from '../help/figure.tsx';
import { HELP_TEXTS } from '../help/texts.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import type { LiveStream } from '../live/live-stream.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { Unknown } from '../status/unknown.tsx';
import { NODE_STATE, ROLE_WORD, providerName } from '../status/words.ts';
import { usedFraction } from '../topology/faces.ts';
import { Card } from '../ui/card.tsx';

interface Props {
  name: string;
  details: NodeDetails;
  /** `null` before the controller has evaluated it. */
  node: NodeView | null;
  view: ClusterView | null;
  stream: LiveStream;
  nowMs: number;
}

/** Shows the node, its state, and its figures of this second. */
export function NodeHeader({ name, details, node, view, stream, nowMs }: Props) {
  const { provider, region, zone, jurisdiction } = node?.site ?? details.site;
  const fed = view?.links.filter((link) => link.from === name) ?? [];
  return (
    <header className="space-y-4">
      <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
        <div className="min-w-0 flex-1 basis-80">
          <h1 className="name line-clamp-2 text-xl font-semibold tracking-tight">{name}</h1>
          <p className="name mt-1 min-h-[1lh] text-[15px] text-muted">
            {node === null ? ROLE_WORD.unknown : ROLE_WORD[node.role]}
            {node === null || node.upstream === null ? '' : `, streams from ${node.upstream}`} · {providerName(provider)} {region}, {zone} ·{' '}
            {jurisdiction}
            {details.leadership === null || node?.role !== 'primary' ? null : (
              <>
                {' '}
                · primary since <Instant at={details.leadership.since} />
              </>
            )}
          </p>
        </div>
        <LiveIndicator stream={stream} computedAt={view?.computedAt ?? null} nowMs={nowMs} />
      </div>
      <Card aria-label="State of the node" className="px-5 py-4">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-3 lg:grid-cols-4 2xl:grid-cols-8">
          <Figure label="State" help={HELP_TEXTS.seen} note={<StateNote node={node} details={details} nowMs={nowMs} />}>
            <StateWord {...NODE_STATE[node?.state ?? 'unknown']} />
          </Figure>
          {node?.role === 'primary' ? (
            <Figure label="Commit latency" help={HELP_TEXTS['commit-latency']} note="a new connection, write and commit">
              {known(node.commitMs, formatDuration)}
            </Figure>
          ) : (
            <Figure label="Lag in time" help={HELP_TEXTS['lag-seconds']} note={node?.lag.reason ?? 'behind the primary'}>
              {known(node?.lag.seconds ?? null, formatSeconds)}
            </Figure>
          )}
          {node?.role === 'primary' ? (
            <Figure label="Standbys" help={HELP_TEXTS.sync} note="streaming from here now">
              {fed.filter((link) => link.state === 'streaming').length} of {fed.length}
            </Figure>
          ) : (
            <Figure
              label="Lag in WAL"
              help={HELP_TEXTS['lag-transport']}
              note={
                <>
                  <span className="block">transport {known(node?.lag.transportBytes ?? null, formatBytes)}</span>
                  <span className="block">apply {known(node?.lag.applyBytes ?? null, formatBytes)}</span>
                </>
              }
            >
              {known(node?.lag.totalBytes ?? null, formatBytes)}
            </Figure>
          )}
          <Figure
            label={node?.role === 'primary' ? 'WAL written' : 'WAL received'}
            help={HELP_TEXTS['wal-rate']}
            note={<code className="font-mono">{node?.lsn?.toUpperCase() ?? <Unknown />}</code>}
          >
            {known(node?.walBytesPerSecond ?? null, formatBytesPerSecond)}
          </Figure>
          <Figure label="Timeline" help={HELP_TEXTS.term} note={<>term of the cluster: {view?.term ?? <Unknown />}</>}>
            {node?.timeline ?? <Unknown />}
          </Figure>
          <Figure label="Connections" help={HELP_TEXTS.connections} note={limitNote(node)}>
            {known(node?.connections?.used ?? null, formatCount)}
          </Figure>
          <Figure label="Disk free" help={HELP_TEXTS.disk} note={<DiskNote node={node} />}>
            {known(least(node), formatBytes)}
          </Figure>
          <Figure
            label="Clock offset"
            help={HELP_TEXTS['clock-offset']}
            note={node?.clockOffsetMs == null ? 'not measured now' : <ClockNote details={details} />}
          >
            {known(node?.clockOffsetMs ?? null, formatDuration)}
          </Figure>
        </dl>
      </Card>
    </header>
  );
}

const known = (value: number | null, format: (value: number) => string): ReactNode => (value === null ? <Unknown /> : format(value));

function StateNote({ node, details, nowMs }: Pick<Props, 'node' | 'details' | 'nowMs'>) {
  const age = formatAge(node === null ? details.observedAt : node.observedAt, nowMs);
  if (node === null)
    return <>{age === 'never seen' && details.enrolledAt === null ? 'no agent has joined for it yet' : `${age}, not evaluated yet`}</>;
  return (
    <>
      <span className="block">{age}</span>
      {node.stateReason === null ? null : (
        <span className="name line-clamp-3 block" title={node.stateReason}>
          {node.stateReason}
        </span>
      )}
    </>
  );
}

const limitNote = (node: NodeView | null): ReactNode =>
  node?.connections == null ? (
    <>
      limit <Unknown />
    </>
  ) : (
    `of ${formatCount(node.connections.limit)}`
  );

const least = (node: NodeView | null): number | null =>
  node === null || node.volumes.length === 0 ? null : Math.min(...node.volumes.map((volume) => volume.freeBytes));

function DiskNote({ node }: { node: NodeView | null }) {
  if (node === null || node.volumes.length === 0) return <Unknown />;
  return node.volumes.map((volume) => (
    <span key={volume.purpose} className="block whitespace-nowrap">
      {volume.purpose === 'wal' ? 'WAL' : 'data'} {formatPercent(usedFraction(volume))} of {formatBytes(volume.sizeBytes)} used
    </span>
  ));
}

function ClockNote({ details }: { details: NodeDetails }) {
  const { clock } = details;
  if (clock === null || clock.offsetMs === null) return <>not measured</>;
  return (
    <>
      <span className="block">± {formatDuration(clock.uncertaintyMs)}</span>
      <span className="block">chrony: {clock.chrony === null ? 'not running or not readable' : formatDuration(clock.chrony.offsetMs)}</span>
    </>
  );
}
