'use client';
/** Draws a chart with Recharts. Loaded only by pages with charts (see `time-series-chart.tsx`), because Recharts is large. */
import { memo, useMemo } from 'react';
import { Area, CartesianGrid, ComposedChart, Line, ReferenceArea, ReferenceDot, Tooltip, XAxis, YAxis } from 'recharts';
import type { Series } from '../../lib/domain/charts/series.ts';
import { chartPoints, extremes, gapsOf } from '../../lib/domain/charts/series.ts';
import { timeTicks, valueTicks } from '../../lib/domain/charts/ticks.ts';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { LINE_WORD, formatTick, formatValue } from './metrics.ts';
import type { ChartKind } from './metrics.ts';
import { momentText, tickText, utcText, zoneOffsetMs } from './moments.ts';
import { AXIS_HEIGHT, PLOT_HEIGHT, PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, timeTicksMax } from './plot-frame.ts';

/** More than these would be a pattern of stripes; the table below the chart has them all. */
const GAPS_MAX = 30;
const LONE_POINTS_MAX = 40;
const COLOURS = ['var(--chart-1)', 'var(--chart-2)'] as const;
const DASHES = [undefined, '5 3'] as const;

export interface PlotProps {
  chart: ChartKind;
  series: Series;
  width: number;
  /** Charts of one group show their cursors together. */
  syncId: string;
  label: string;
}

/** One row for each bucket: time, then line and band of each metric. */
interface Row {
  atMs: number;
  [key: string]: number | null | [number, number];
}

export default memo(function TimeSeriesPlot({ chart, series, width, syncId, label }: PlotProps) {
  const drawn = useMemo(() => drawing(chart, series), [chart, series]);
  const lengthMs = series.toMs - series.fromMs;
  const ticks = timeTicks(series.fromMs, series.toMs, timeTicksMax(width), zoneOffsetMs);
  const values = valueTicks(drawn.max, chart.unit);
  const top = values.at(-1)!;
  return (
    <ComposedChart
      width={width}
      height={PLOT_HEIGHT}
      data={drawn.rows}
      syncId={syncId}
      syncMethod="value"
      margin={{ top: PLOT_TOP, right: PLOT_RIGHT, bottom: 0, left: 0 }}
      aria-label={label}
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        dataKey="atMs"
        type="number"
        domain={[series.fromMs, series.toMs]}
        allowDataOverflow
        ticks={ticks}
        interval={0}
        tickFormatter={(atMs: number) => tickText(atMs, lengthMs)}
        height={AXIS_HEIGHT}
        tick={{ fontSize: 11, fill: 'var(--muted)' }}
        tickLine={{ stroke: 'var(--line-strong)' }}
        axisLine={{ stroke: 'var(--line-strong)' }}
      />
      <YAxis
        width={PLOT_LEFT}
        domain={[0, top]}
        ticks={values}
        interval={0}
        // A number and its unit stay on one line.
        tickFormatter={(value: number) => formatTick(value, chart.unit).replaceAll(' ', '\u00a0')}
        tick={{ fontSize: 11, fill: 'var(--muted)' }}
        tickLine={false}
        axisLine={false}
      />
      {drawn.gaps.map(([from, to]) => (
        <ReferenceArea
          key={from}
          x1={Math.max(from, series.fromMs)}
          x2={Math.min(to, series.toMs)}
          fill="var(--unknown-soft)"
          fillOpacity={0.8}
          ifOverflow="hidden"
        />
      ))}
      {chart.lines.map(({ metric }, index) => (
        <Area
          key={`band-${metric}`}
          dataKey={`band-${metric}`}
          type="linear"
          stroke={COLOURS[index] ?? COLOURS[0]}
          strokeWidth={1}
          strokeOpacity={0.35}
          fill={COLOURS[index] ?? COLOURS[0]}
          fillOpacity={0.2}
          isAnimationActive={false}
          activeDot={false}
          connectNulls={false}
        />
      ))}
      {chart.lines.map(({ metric }, index) => (
        <Line
          key={metric}
          dataKey={metric}
          type="linear"
          stroke={COLOURS[index] ?? COLOURS[0]}
          strokeWidth={1.5}
          {...(DASHES[index] === undefined ? {} : { strokeDasharray: DASHES[index] })}
          dot={false}
          activeDot={{ r: 3 }}
          isAnimationActive={false}
          connectNulls={false}
        />
      ))}
      {drawn.lone.map(({ atMs, value, index }) => (
        <ReferenceDot key={`${index} ${atMs}`} x={atMs} y={value} r={1.5} fill={COLOURS[index] ?? COLOURS[0]} stroke="none" />
      ))}
      <Tooltip
        isAnimationActive={false}
        cursor={{ stroke: 'var(--line-strong)' }}
        wrapperStyle={{ zIndex: 10, outline: 'none' }}
        filterNull={false}
        content={({ active, label: atMs }) =>
          active && typeof atMs === 'number' ? (
            <Reading chart={chart} row={drawn.rowsAt.get(atMs) ?? null} atMs={atMs} bucketMs={series.bucketMs} />
          ) : null
        }
      />
    </ComposedChart>
  );
});

/** Shows each figure under the cursor with unit, lowest and highest, and the time in the viewer's zone and in UTC. */
function Reading({ chart, row, atMs, bucketMs }: { chart: ChartKind; row: Row | null; atMs: number; bucketMs: number }) {
  return (
    <div className="rounded-md border border-line bg-surface px-3 py-2 text-xs shadow-high">
      <p className="font-medium">{momentText(atMs)}</p>
      <p className="text-muted">
        {utcText(atMs)} · {formatDuration(bucketMs)} from there
      </p>
      <dl className="mt-1.5 space-y-0.5">
        {chart.lines.map(({ metric, label, line }, index) => {
          const value = (row?.[metric] ?? null) as number | null;
          const band = (row?.[`band-${metric}`] ?? null) as [number, number] | null;
          return (
            <div key={metric} className="flex items-baseline gap-2">
              <dt className="flex items-center gap-1.5 text-muted">
                <LineSample index={index} /> {label}
              </dt>
              <dd className="ml-auto pl-3 text-right font-medium whitespace-nowrap">
                {value === null ? <span className="text-unknown">unknown</span> : formatValue(value, chart.unit)}
                <span className="block font-normal text-muted">
                  {band === null || band[0] === band[1]
                    ? value === null
                      ? ''
                      : LINE_WORD[line]
                    : `${formatValue(band[0], chart.unit)} to ${formatValue(band[1], chart.unit)}`}
                </span>
              </dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}

function LineSample({ index }: { index: number }) {
  return (
    <svg width="16" height="6" aria-hidden>
      <line x1="0" x2="16" y1="3" y2="3" stroke={COLOURS[index] ?? COLOURS[0]} strokeWidth="2" strokeDasharray={DASHES[index]} />
    </svg>
  );
}

function drawing(chart: ChartKind, series: Series) {
  const lines = chart.lines.map(({ metric, line }) => ({ metric, points: chartPoints(series, metric, line) }));
  const rows = series.atMs.map((atMs, index) => {
    const row: Row = { atMs };
    for (const { metric, points } of lines) {
      row[metric] = points[index]?.line ?? null;
      row[`band-${metric}`] = points[index]?.band ?? null;
    }
    return row;
  });
  // A line without any value (no WAL disk of its own, say) is not a gap.
  const present = lines.filter(({ points }) => points.some(({ line }) => line !== null));
  const known = series.atMs.map((atMs, index) => ({ atMs, known: present.some(({ points }) => points[index]?.line != null) }));
  return {
    rows,
    rowsAt: new Map(rows.map((row) => [row.atMs, row])),
    gaps: gapsOf(known, series.bucketMs, GAPS_MAX),
    lone: lines.flatMap(({ points }, index) => lonePoints(points).map((point) => ({ ...point, index }))).slice(0, LONE_POINTS_MAX),
    max: lines.reduce<number | null>((most, { metric }) => {
      const max = extremes(series, metric)?.max ?? null;
      return max === null ? most : Math.max(most ?? max, max);
    }, null),
  };
}

/** A point between two gaps is no line: it needs a dot to be seen. */
function lonePoints(points: readonly { atMs: number; line: number | null }[]): { atMs: number; value: number }[] {
  return points.flatMap(({ atMs, line }, index) =>
    line !== null && (points[index - 1]?.line ?? null) === null && (points[index + 1]?.line ?? null) === null
      ? [{ atMs, value: line }]
      : [],
  );
}
