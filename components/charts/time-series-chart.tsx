'use client';
import dynamic from 'next/dynamic';
import { useRef, useState } from 'react';
import type { MouseEvent, PointerEvent } from 'react';
import type { Series } from '../../lib/domain/charts/series.ts';
import { condense, extremes } from '../../lib/domain/charts/series.ts';
import { RANGE_MIN_MS } from '../../lib/domain/charts/time-range.ts';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { Instant } from '../status/instant.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { cx } from '../ui/class-names.ts';
import { Cell, HeaderCell, Table } from '../ui/table.tsx';
import { LINE_WORD, formatValue } from './metrics.ts';
import type { ChartKind } from './metrics.ts';
import { PLOT_HEIGHT, momentAt } from './plot-frame.ts';

const Plot = dynamic(() => import('./time-series-plot.tsx'), { ssr: false, loading: () => <Waiting>Loading the chart…</Waiting> });

const TABLE_ROWS_MAX = 60;
/** A pointer that moved less was a click. */
const DRAG_MIN_PX = 6;

export interface ChartProps {
  chart: ChartKind;
  /** `undefined` while it is being read for the first time. */
  series: Series | undefined;
  /** Shown instead of the series; with a series, why that one is not renewed. */
  problem: string | null;
  onRetry: () => void;
  /** Another period is being read; the one before is still shown. */
  isChanging: boolean;
  /** Inside of the card, in pixels; `null` until the browser has laid out the page. */
  width: number | null;
  syncId: string;
  onZoom: (fromMs: number, toMs: number) => void;
  /** Why there may be nothing here, such as that a primary has no lag. */
  emptyNote: string;
}

/** A chart in its frame: what it shows, its extremes, the drawing, and the same as a table. Its height never changes. */
export function TimeSeriesChart(props: ChartProps) {
  const { chart, series } = props;
  return (
    <Card role="region" aria-label={chart.title} className="min-w-0 px-4 pt-3 pb-2">
      <div className="flex min-h-11 items-start justify-between gap-4">
        <div className="min-w-0">
          <h3 className="font-semibold">{chart.title}</h3>
          <Legend chart={chart} />
        </div>
        <p className="shrink-0 text-right text-xs text-muted">{series === undefined ? null : <Extremes chart={chart} series={series} />}</p>
      </div>
      <div className="relative" style={{ height: PLOT_HEIGHT }}>
        <Drawing {...props} />
      </div>
      <Below {...props} />
    </Card>
  );
}

function Legend({ chart }: { chart: ChartKind }) {
  return (
    <p className="flex flex-wrap gap-x-3 text-xs text-muted">
      {chart.lines.map(({ metric, label, line }, index) => (
        <span key={metric} className="inline-flex items-center gap-1.5">
          <svg width="16" height="6" aria-hidden>
            <line
              x1="0"
              x2="16"
              y1="3"
              y2="3"
              stroke={`var(--chart-${index + 1})`}
              strokeWidth="2"
              strokeDasharray={index === 0 ? undefined : '5 3'}
            />
          </svg>
          {label} ({LINE_WORD[line]})
        </span>
      ))}
    </p>
  );
}

/** The highest value of the period, or the lowest of what runs out. */
function Extremes({ chart, series }: { chart: ChartKind; series: Series }) {
  return chart.lines.map(({ metric, label, line }) => {
    const found = extremes(series, metric);
    if (found === null) return null;
    const prefix = chart.lines.length === 1 ? '' : `${label} `;
    return (
      // Of the whole period, which is past: a zero here was measured.
      <span key={metric} className="block whitespace-nowrap" data-known-zero>
        {prefix}
        {line === 'min' ? 'lowest' : 'highest'}{' '}
        <strong className="font-semibold text-text">{formatValue(line === 'min' ? found.min : found.max, chart.unit)}</strong>
      </span>
    );
  });
}

function Drawing(props: ChartProps) {
  const { chart, series, width, syncId, problem, isChanging, onZoom } = props;
  const { frame, selection, handlers } = useDragZoom(series, width, onZoom);
  if (series === undefined || width === null) {
    if (problem === null) return <Waiting>Reading…</Waiting>;
    return (
      <Waiting>
        <span role="alert">{problem}</span>
        <Button size="small" onClick={props.onRetry}>
          Try again
        </Button>
      </Waiting>
    );
  }
  const isEmpty = chart.lines.every(({ metric }) => extremes(series, metric) === null);
  if (isEmpty) {
    return (
      <Waiting>
        <span>No data for this period. {props.emptyNote}</span>
        <span>
          {series.dataSinceMs === null ? (
            'This node has never reported.'
          ) : (
            <>
              Data of this node exists since <Instant at={new Date(series.dataSinceMs).toISOString()} />.
            </>
          )}
        </span>
      </Waiting>
    );
  }
  return (
    <div
      ref={frame}
      {...handlers}
      className={cx(
        'absolute inset-0 cursor-crosshair touch-pan-y select-none',
        // Cursors move together over all charts; figures show only in the chart pointed at.
        '[&:not(:hover):not(:focus-within)_.recharts-tooltip-wrapper]:hidden',
        isChanging && 'opacity-50',
      )}
    >
      <Plot chart={chart} series={series} width={width} syncId={syncId} label={`${chart.title}; arrow keys move along time`} />
      {selection === null ? null : (
        <div
          aria-hidden
          className="pointer-events-none absolute top-0 bottom-6 border-x border-accent bg-accent/15"
          style={{ left: selection.left, width: selection.width }}
        />
      )}
    </div>
  );
}

/**
 * Dragging sideways, with a mouse or a finger, marks a period, which the charts then show. A finger that moves up or down scrolls the
 * page, as everywhere (`touch-action: pan-y`): the browser then cancels the drag. By keyboard there is “Zoom in” beside the periods.
 */
function useDragZoom(series: Series | undefined, width: number | null, onZoom: ChartProps['onZoom']) {
  const frame = useRef<HTMLDivElement>(null);
  const start = useRef<number | null>(null);
  const [selection, setSelection] = useState<{ left: number; width: number } | null>(null);
  const xOf = (event: PointerEvent) => event.clientX - (frame.current?.getBoundingClientRect().left ?? 0);
  const end = () => {
    start.current = null;
    setSelection(null);
  };
  const handlers = {
    // Otherwise the click would focus the drawing for keyboard use.
    onMouseDown: (event: MouseEvent) => event.preventDefault(),
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0 || !event.isPrimary) return;
      start.current = xOf(event);
    },
    onPointerMove: (event: PointerEvent) => {
      if (start.current === null) return;
      if ((event.buttons & 1) === 0) return end();
      const x = xOf(event);
      if (Math.abs(x - start.current) < DRAG_MIN_PX) return;
      frame.current?.setPointerCapture(event.pointerId);
      setSelection({ left: Math.min(x, start.current), width: Math.abs(x - start.current) });
    },
    onPointerUp: (event: PointerEvent) => {
      if (start.current !== null && selection !== null && series !== undefined && width !== null) {
        const [a, b] = [start.current, xOf(event)].map((x) => momentAt(x, width, series.fromMs, series.toMs)).sort((one, two) => one - two);
        // Never narrower than what has something to show.
        const middle = (a! + b!) / 2;
        const half = Math.max(RANGE_MIN_MS, b! - a!) / 2;
        onZoom(Math.round(middle - half), Math.round(middle + half));
      }
      end();
    },
    onPointerCancel: end,
  };
  return { frame, selection, handlers };
}

function Waiting({ children }: { children: React.ReactNode }) {
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-2 rounded bg-raised px-6 text-center text-[13px] text-muted">
      {children}
    </div>
  );
}

function Below({ chart, series, problem }: ChartProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <p className="mt-1 min-h-[2lh] text-xs text-muted sm:min-h-[1lh]">
        {series !== undefined && problem !== null ? (
          <span role="status" className="text-warn">
            Not renewed: {problem}
          </span>
        ) : series === undefined ? null : (
          <>
            A point each {formatDuration(series.bucketMs)}; band: lowest to highest;{' '}
            <span className="bg-unknown-soft text-unknown">shaded</span>: no data.
          </>
        )}
      </p>
      <details className="text-xs" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="cursor-pointer py-1 text-accent select-none">As a table, and how it is measured</summary>
        <p className="my-1 text-muted">{chart.measured}</p>
        {open && series !== undefined ? <SeriesTable chart={chart} series={series} /> : null}
      </details>
    </>
  );
}

/** The same figures for those who can't use the picture. */
function SeriesTable({ chart, series }: { chart: ChartKind; series: Series }) {
  const columns = chart.lines.map(({ metric, label }) => ({ metric, label, rows: condense(series, metric, TABLE_ROWS_MAX) }));
  const unknown = <span className="text-unknown">unknown</span>;
  return (
    <div className="max-h-72 overflow-y-auto">
      <Table label={`${chart.title} as a table`}>
        <thead>
          <tr>
            <HeaderCell>From</HeaderCell>
            {columns.map(({ metric, label }) => (
              <HeaderCell key={metric}>{label}, lowest to highest</HeaderCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {(columns[0]?.rows ?? []).map(({ atMs }, index) => (
            <tr key={atMs}>
              <Cell>
                <Instant at={new Date(atMs).toISOString()} />
              </Cell>
              {columns.map(({ metric, rows }) => {
                const row = rows[index];
                return (
                  <Cell key={metric} className="whitespace-nowrap">
                    {row?.max == null || row.min === null
                      ? unknown
                      : row.min === row.max
                        ? formatValue(row.max, chart.unit)
                        : `${formatValue(row.min, chart.unit)} to ${formatValue(row.max, chart.unit)}`}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
