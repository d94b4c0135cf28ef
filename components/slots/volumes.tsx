import { formatAge } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatPercent } from '../../lib/domain/format/quantity.ts';
import type { StorageNode, VolumeRow } from '../../lib/domain/slots/board.ts';
import { HelpedLabel } from '../help/help.tsx';
import { SLOT_HELP } from '../help/texts-storage.ts';
import { Mark } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Card } from '../ui/card.tsx';
import { volumeForecastWords, volumeTone } from './words.ts';

const FILL: Record<StateTone, string> = {
  good: 'fill-good',
  warn: 'fill-warn',
  bad: 'fill-bad',
  info: 'fill-info',
  unknown: 'fill-unknown',
};

/** The disks of every node: how full, what WAL takes of it, and when it is full. */
export function Volumes({ nodes, nowMs }: { nodes: readonly StorageNode[]; nowMs: number }) {
  return (
    <Card role="region" aria-label="Volumes">
      <h2 className="border-b border-line px-5 py-3 font-semibold">
        <HelpedLabel text={SLOT_HELP.volume}>Volumes</HelpedLabel>
      </h2>
      <ul className="grid gap-px bg-line md:grid-cols-2 2xl:grid-cols-4">
        {nodes.map((node) => (
          <li key={node.name} className="bg-surface px-5 py-4">
            <h3 className="flex flex-wrap items-baseline gap-x-2">
              <span className="name font-medium">{node.name}</span>
              {node.fresh ? null : <span className="text-xs text-unknown">{formatAge(node.observedAt, nowMs)}</span>}
            </h3>
            {node.volumes.length === 0 ? <p className="mt-2 text-[13px] text-unknown">Size and free space are unknown.</p> : null}
            <div className="mt-2 space-y-4">
              {node.volumes.map((volume) => (
                <VolumeEntry key={volume.mountPoint} volume={volume} node={node} />
              ))}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function VolumeEntry({ volume, node }: { volume: VolumeRow; node: StorageNode }) {
  const used = volume.sizeBytes <= 0 ? null : Math.min(1, Math.max(0, 1 - volume.freeBytes / volume.sizeBytes));
  const walShare =
    volume.takesWal && node.walDirectoryBytes !== null && volume.sizeBytes > 0
      ? Math.min(used ?? 0, node.walDirectoryBytes / volume.sizeBytes)
      : 0;
  const tone = volumeTone(volume, node.fresh);
  const { lead, pair } = volumeForecastWords(volume);
  const title = volume.holds.length > 1 ? 'Data and WAL volume' : volume.takesWal ? 'WAL volume' : 'Data volume';
  return (
    <section aria-label={`${title} of ${node.name}`} className="text-[13px]">
      <p className="flex flex-wrap items-center justify-between gap-x-3">
        <span className="flex items-center gap-1.5 font-medium">
          <Mark tone={tone} /> {title}
        </span>
        <span>
          {node.fresh ? '' : 'was '}
          {formatBytes(volume.freeBytes)} free of {formatBytes(volume.sizeBytes)}
        </span>
      </p>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden className="mt-1.5 h-1.5 w-full overflow-hidden rounded-full">
        <rect width="100" height="6" className="fill-line" />
        <rect width={(used ?? 0) * 100} height="6" className={`${FILL[tone]} opacity-45`} />
        <rect width={walShare * 100} height="6" className={FILL[tone]} />
      </svg>
      <dl className="mt-1.5 space-y-0.5 text-xs text-muted">
        <div className="flex flex-wrap gap-x-1.5">
          <dt className="sr-only">Used</dt>
          <dd>
            {formatPercent(used)} used
            {volume.takesWal ? `, WAL directory ${formatBytes(node.walDirectoryBytes)}` : ''}
          </dd>
        </div>
        <div>
          <dt className="sr-only">Forecast</dt>
          <dd>
            {lead}
            {pair === null ? null : (
              <>
                : <span className={volume.keeps === 'all' ? 'font-medium text-text' : ''}>{pair.first}</span>
                {pair.second === null ? '' : ` (${pair.second})`}
              </>
            )}
          </dd>
        </div>
        <div>
          <dt className="sr-only">Mount point</dt>
          <dd className="name">
            mounted at <code className="font-mono">{volume.mountPoint}</code>
          </dd>
        </div>
      </dl>
    </section>
  );
}
