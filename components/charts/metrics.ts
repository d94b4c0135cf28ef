/** Defines how each metric is named, measured and drawn, once for all charts. */
import type { SeriesLine, SeriesMetric } from '../../lib/domain/charts/series.ts';
import type { ValueUnit } from '../../lib/domain/charts/ticks.ts';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatCount } from '../../lib/domain/format/quantity.ts';

export interface ChartLine {
  metric: SeriesMetric;
  label: string;
  line: SeriesLine;
}

export interface ChartKind {
  id: string;
  title: string;
  unit: ValueUnit;
  lines: readonly ChartLine[];
  /** The figure and its source, in a sentence or two. */
  measured: string;
}

export const CHARTS = {
  lagSeconds: {
    id: 'lag',
    title: 'Lag in time',
    unit: 'durationMs',
    lines: [{ metric: 'lagMs', label: 'lag', line: 'last' }],
    measured: 'Age of the oldest heartbeat or WAL position of the primary that this standby has not replayed; 0 when it has replayed all.',
  },
  lagBytes: {
    id: 'lag-bytes',
    title: 'Lag in WAL',
    unit: 'bytes',
    lines: [
      { metric: 'transportLagBytes', label: 'transport', line: 'max' },
      { metric: 'applyLagBytes', label: 'apply', line: 'max' },
    ],
    measured: 'Transport: WAL of the primary that has not arrived here. Apply: WAL that has arrived and is not replayed.',
  },
  walRate: {
    id: 'wal-rate',
    title: 'WAL rate',
    unit: 'bytesPerSecond',
    lines: [{ metric: 'walBytesPerSecond', label: 'WAL', line: 'max' }],
    measured: 'WAL written by a primary, or received by a standby, since its agent’s previous sample.',
  },
  commit: {
    id: 'commit',
    title: 'Commit latency',
    unit: 'durationMs',
    lines: [{ metric: 'commitMs', label: 'commit', line: 'max' }],
    measured: 'Each second the agent opens a new connection on the primary and commits a heartbeat: connect, write and commit together.',
  },
  connections: {
    id: 'connections',
    title: 'Connections',
    unit: 'count',
    lines: [{ metric: 'connectionsUsed', label: 'used', line: 'max' }],
    measured: 'Client connections in pg_stat_activity.',
  },
  dataDisk: {
    id: 'data-disk',
    title: 'Data disk free',
    unit: 'bytes',
    lines: [{ metric: 'dataFreeBytes', label: 'free', line: 'min' }],
    measured: 'Free for an unprivileged process on the volume of the data directory.',
  },
  walDisk: {
    id: 'wal-disk',
    title: 'WAL disk free',
    unit: 'bytes',
    lines: [{ metric: 'walFreeBytes', label: 'free', line: 'min' }],
    measured: 'Free for an unprivileged process on the volume of pg_wal, which may be that of the data directory.',
  },
  slots: {
    id: 'slots',
    title: 'WAL held by slots',
    unit: 'bytes',
    lines: [{ metric: 'slotRetainedBytes', label: 'held', line: 'max' }],
    measured: 'The most WAL that any slot of this node retains: write position minus its restart_lsn.',
  },
  archive: {
    id: 'archive',
    title: 'Segments waiting for the archive',
    unit: 'count',
    lines: [{ metric: 'archiveReadyCount', label: 'waiting', line: 'max' }],
    measured: 'Finished WAL segments (.ready) that are not archived yet.',
  },
} as const satisfies Record<string, ChartKind>;

export const LINE_WORD: Record<SeriesLine, string> = { last: 'newest', max: 'highest', min: 'lowest' };

export function formatValue(value: number | null, unit: ValueUnit): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytesPerSecond':
      return formatBytesPerSecond(value);
    case 'durationMs':
      return formatDuration(value);
    case 'count':
      return formatCount(value);
  }
}

/** On an axis zero needs no unit, and less room. */
export const formatTick = (value: number, unit: ValueUnit): string => (value === 0 ? '0' : formatValue(value, unit));
