'use client';
import type { Role } from '../../lib/domain/topology/model.ts';
import { ChartGrid } from '../charts/chart-grid.tsx';
import { CHARTS } from '../charts/metrics.ts';
import type { ChartKind } from '../charts/metrics.ts';
import { TimeRangePicker } from '../charts/time-range-picker.tsx';
import { useTimeRange } from '../charts/use-time-range.ts';

const NO_LAG = 'A primary has no lag.';
const NO_COMMIT = 'Only a primary can commit.';

/** The role's most important charts come first; every chart is there, because the node may have had another role in the period. */
function chartsFor(role: Role): { chart: ChartKind; emptyNote: string }[] {
  const lag = [CHARTS.lagSeconds, CHARTS.lagBytes].map((chart) => ({ chart, emptyNote: NO_LAG }));
  const commit = { chart: CHARTS.commit, emptyNote: NO_COMMIT };
  const rest = [CHARTS.walRate, CHARTS.connections, CHARTS.dataDisk, CHARTS.walDisk, CHARTS.slots, CHARTS.archive].map((chart) => ({
    chart,
    emptyNote: '',
  }));
  return role === 'primary' ? [commit, ...rest, ...lag] : [...lag, ...rest, commit];
}

export function NodeCharts(props: { cluster: string; node: string; role: Role; clockOffsetMs: number | null; nowMs: number }) {
  const { range, setRange } = useTimeRange();
  return (
    <section aria-label="Charts" id="charts" className="scroll-mt-16 space-y-3">
      <TimeRangePicker range={range} onChange={setRange} nowMs={props.nowMs} />
      <ChartGrid
        cluster={props.cluster}
        node={props.node}
        charts={chartsFor(props.role)}
        range={range}
        onRange={setRange}
        clockOffsetMs={props.clockOffsetMs}
      />
    </section>
  );
}
