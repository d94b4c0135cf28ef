import type { ClusterSummary } from '../../lib/domain/topology/summary.ts';
import { FindingCounts } from '../findings/finding-counts.tsx';
import { providerName } from '../status/words.ts';

/** The fleet in one line. */
export function FleetStrip({ summaries, clusterCount }: { summaries: readonly ClusterSummary[]; clusterCount: number }) {
  const sum = (pick: (summary: ClusterSummary) => number) => summaries.reduce((total, summary) => total + pick(summary), 0);
  const providers = [...new Set(summaries.flatMap((summary) => summary.providers))].sort();
  const unknown = sum((summary) => summary.nodes.unknown);
  const allUnknown = summaries.every((summary) => summary.nodes.up === null);
  const stale = summaries.filter((summary) => summary.stale).length;
  return (
    <dl className="mb-5 grid grid-cols-2 gap-x-8 gap-y-3 rounded-lg border border-line bg-surface px-5 py-3.5 shadow-low md:flex md:flex-wrap">
      <Figure label="Clusters">{clusterCount}</Figure>
      <Figure label="Nodes running">
        {allUnknown ? 'unknown' : sum((summary) => summary.nodes.up ?? 0)}{' '}
        <span className="font-normal text-muted">of {sum((summary) => summary.nodes.total)}</span>
        {unknown > 0 ? <span className="font-normal text-unknown"> · {unknown} unknown</span> : null}
      </Figure>
      <Figure label="Providers">
        <span className="line-clamp-2">{providers.length === 0 ? 'unknown' : providers.map(providerName).join(', ')}</span>
      </Figure>
      <Figure label="Open findings">
        {summaries.length > 0 && stale === summaries.length ? (
          <span className="font-normal text-unknown">unknown</span>
        ) : (
          <FindingCounts
            counts={{
              critical: sum((summary) => summary.findings.critical),
              warning: sum((summary) => summary.findings.warning),
              info: sum((summary) => summary.findings.info),
            }}
          />
        )}
      </Figure>
    </dl>
  );
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="name mt-0.5 font-semibold">{children}</dd>
    </div>
  );
}
