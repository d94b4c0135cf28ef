/** Prometheus text format, version 0.0.4. Pure. */

export type Labels = Readonly<Record<string, string>>;
export interface Sample {
  labels?: Labels;
  /** `null` is unknown: the sample is left out, never written as 0. */
  value: number | null;
}
export interface Metric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: readonly Sample[];
}

/** A name from a server may hold quotes, backslashes and line ends; each could forge a line. */
export const escapeLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r');

const labelText = (labels: Labels | undefined): string => {
  const pairs = Object.entries(labels ?? {});
  return pairs.length === 0 ? '' : `{${pairs.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`;
};

/** Metrics without any known value are left out whole. */
export function renderMetrics(metrics: readonly Metric[]): string {
  const blocks = metrics.map((metric) => {
    const lines = metric.samples.flatMap(({ labels, value }) =>
      value === null || !Number.isFinite(value) ? [] : [`${metric.name}${labelText(labels)} ${value}`],
    );
    return lines.length === 0 ? '' : `# HELP ${metric.name} ${metric.help}\n# TYPE ${metric.name} ${metric.type}\n${lines.join('\n')}\n`;
  });
  return blocks.join('');
}
