'use client';
import { useEffect, useRef, useState } from 'react';
import type { SeriesMetric } from '../../lib/domain/charts/series.ts';
import { boundsOrNull } from '../../lib/domain/charts/time-range.ts';
import type { TimeRange } from '../../lib/domain/charts/time-range.ts';
import type { ChartKind } from './metrics.ts';
import { TimeSeriesChart } from './time-series-chart.tsx';
import { useSeries } from './use-series.ts';

/** Widths are rounded down to these steps: dragging the window must not load everything again at each pixel. */
const POINTS_STEP = 120;
const POINTS_MAX = 960;
/** Inner padding of a chart's card, left and right together. */
const CARD_PADDING_PX = 34;

/** Charts of one node beside each other, with one time axis, one reading and one cursor. */
export function ChartGrid(props: {
  cluster: string;
  node: string;
  charts: readonly { chart: ChartKind; emptyNote: string }[];
  range: TimeRange;
  onRange: (range: TimeRange) => void;
  clockOffsetMs: number | null;
}) {
  const { cluster, node, charts, range, clockOffsetMs } = props;
  const [width, setWidth] = useState<number | null>(null);
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = first.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.max(0, Math.floor(entry.contentRect.width - CARD_PADDING_PX)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const metrics = charts.flatMap(({ chart }) => chart.lines.map((line): SeriesMetric => line.metric));
  const points = width === null ? null : Math.min(POINTS_MAX, Math.max(POINTS_STEP, Math.floor(width / POINTS_STEP) * POINTS_STEP));
  const query = useSeries({ cluster, node, metrics, range, points, clockOffsetMs });
  const zoom = (fromMs: number, toMs: number) => {
    const bounds = boundsOrNull(fromMs, toMs);
    if (bounds !== null) props.onRange({ kind: 'fixed', ...bounds });
  };
  return (
    <div className="grid gap-4 lg:grid-cols-2 min-[1900px]:grid-cols-3">
      {charts.map(({ chart, emptyNote }, index) => (
        <div key={chart.id} ref={index === 0 ? first : null} className="min-w-0">
          <TimeSeriesChart
            chart={chart}
            series={query.data}
            problem={query.error?.message ?? null}
            onRetry={() => void query.refetch()}
            isChanging={query.isPlaceholderData}
            width={width}
            syncId={`${cluster} ${node}`}
            onZoom={zoom}
            emptyNote={emptyNote}
          />
        </div>
      ))}
    </div>
  );
}
