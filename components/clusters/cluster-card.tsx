import Link from 'next/link';
import { memo } from 'react';
import type { ReactNode } from 'react';
import type { ClusterSummary } from '../../lib/domain/topology/summary.ts';
import { FindingCounts } from '../findings/finding-counts.tsx';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { NODE_STATE, lagWords, objectiveWords, providerName, rpoWords } from '../status/words.ts';
import { Card } from '../ui/card.tsx';

/** One cluster: the sentence first, then the figures behind it. */
export const ClusterCard = memo(function ClusterCard({ summary }: { summary: ClusterSummary }) {
  const rpo = rpoWords(summary.rpo);
  const { primary, worstLag, nodes } = summary;
  return (
    <Card className="relative flex h-full flex-col p-5 focus-within:border-accent hover:border-line-strong">
      <div className="flex items-start justify-between gap-4">
        <h2 className="name min-w-0 text-base font-semibold">
          <Link
            href={`/clusters/${encodeURIComponent(summary.slug)}`}
            className="line-clamp-2 after:absolute after:inset-0 after:rounded-lg"
          >
            {summary.name}
          </Link>
        </h2>
        <StateWord tone={rpo.tone} word={`RPO: ${rpo.words}`} className="shrink-0 text-[13px]" />
      </div>
      <p className="name mt-2 line-clamp-4 min-h-[3lh] text-[15px]">{summary.sentence}</p>
      <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3 border-t border-line pt-4 text-[13px] sm:grid-cols-3">
        <Fact label="Primary">
          {primary === null ? (
            <span className="text-unknown">unknown</span>
          ) : (
            <>
              <span className="name-line block font-medium" title={primary.name}>
                {primary.name}
              </span>
              <StateWord {...NODE_STATE[primary.state]} className="text-xs" />
            </>
          )}
        </Fact>
        <Fact label="Worst lag">
          {worstLag === null ? <span className="text-unknown">unknown</span> : <span className="font-medium">{lagWords(worstLag)}</span>}
          <span className="name-line block text-xs text-muted">
            {worstLag === null ? '\u00a0' : summary.lagUnknownCount > 0 ? `${summary.lagUnknownCount} more unknown` : worstLag.node}
          </span>
        </Fact>
        <Fact label="Nodes running">
          <span className={nodes.up === null ? 'text-unknown' : 'font-medium'}>{nodes.up ?? 'unknown'}</span> of {nodes.total}
          <span className="block text-xs text-unknown">{nodes.unknown > 0 ? `${nodes.unknown} unknown` : '\u00a0'}</span>
        </Fact>
        <Fact label="Term">{summary.term ?? <span className="text-unknown">unknown</span>}</Fact>
        <Fact label="RPO objective">{objectiveWords(summary.rpoObjectiveSeconds)}</Fact>
        <Fact label="RPO state since">
          <Instant at={summary.rpo.since} />
        </Fact>
        <Fact label="Where">
          <span className="name line-clamp-2">{summary.providers.map(providerName).join(', ')}</span>
        </Fact>
        <Fact label="Findings">
          {summary.stale ? <span className="text-unknown">unknown</span> : <FindingCounts counts={summary.findings} />}
        </Fact>
      </dl>
      <p className="name mt-auto line-clamp-2 min-h-[2lh] pt-3 text-[13px] text-muted">{attention(summary)}</p>
    </Card>
  );
});

/** What to look at first. That nothing is found says something only while Farshore looks. */
function attention({ stale, firstFinding }: ClusterSummary): string {
  if (stale) return 'Not evaluated now: Farshore can’t say what needs attention. Check that its controller runs.';
  return firstFinding === null ? 'Nothing needs attention that Farshore can see.' : `First: ${firstFinding.summary}`;
}

/** A cluster that is registered, but that the controller has not evaluated yet. */
export function WaitingCard({ slug, name, nodeCount }: { slug: string; name: string; nodeCount: number }) {
  return (
    <Card className="relative flex h-full flex-col p-5">
      <h2 className="name text-base font-semibold">
        <Link href={`/clusters/${encodeURIComponent(slug)}`} className="after:absolute after:inset-0">
          {name}
        </Link>
      </h2>
      <StateWord tone="unknown" word="Not evaluated yet" className="mt-2 text-[13px]" />
      <p className="mt-2 text-muted">
        {nodeCount === 0
          ? 'No node is registered. Open it to see how to add the first.'
          : `${nodeCount} ${nodeCount === 1 ? 'node is' : 'nodes are'} registered. The first figures appear as soon as an agent reports and the controller runs.`}
      </p>
    </Card>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="mt-0.5 min-w-0">{children}</dd>
    </div>
  );
}
