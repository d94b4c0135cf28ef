import type { ReactNode } from 'react';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { summariseCluster } from '../../lib/domain/topology/summary.ts';
import { FindingCounts } from '../findings/finding-counts.tsx';
import { LiveIndicator } from '../live/live-indicator.tsx';
import type { LiveStream } from '../live/live-stream.ts';
import { StateWord } from '../status/mark.tsx';
import { NODE_STATE, lagWords, objectiveWords, rpoWords } from '../status/words.ts';
import { Card } from '../ui/card.tsx';

/** What the cluster is worth right now, in a sentence and a few figures. */
export function ClusterHeader({ view, stream, nowMs }: { view: ClusterView; stream: LiveStream; nowMs: number }) {
  const summary = summariseCluster(view, nowMs);
  const rpo = rpoWords(view.rpo);
  const { primary, worstLag, nodes } = summary;
  const timeline = view.nodes.find((node) => node.name === view.primary)?.timeline ?? null;
  return (
    <header className="space-y-4">
      <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
        <div className="min-w-0 flex-1 basis-80">
          <h1 className="name line-clamp-2 text-xl font-semibold tracking-tight">{view.name}</h1>
          <p className="name mt-1 line-clamp-3 min-h-[2lh] max-w-5xl text-[15px] text-muted sm:min-h-[1lh]">{summary.sentence}</p>
        </div>
        <LiveIndicator stream={stream} computedAt={view.computedAt} nowMs={nowMs} />
      </div>
      <Card aria-label="State of the cluster" className="px-5 py-4">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-3 xl:grid-cols-7">
          <Figure
            label="RPO state"
            note={
              <span className="line-clamp-2" title={view.rpo.reason}>
                {view.rpo.reason}
              </span>
            }
          >
            <StateWord tone={rpo.tone} word={rpo.words} />
          </Figure>
          <Figure label="Objectives" note={`RTO ${objectiveWords(view.objectives.rtoSeconds)}`}>
            RPO {objectiveWords(view.objectives.rpoSeconds)}
          </Figure>
          <Figure label="Primary" note={primary === null ? 'no node is known to be one' : <StateWord {...NODE_STATE[primary.state]} />}>
            {primary === null ? (
              <span className="text-unknown">unknown</span>
            ) : (
              <span className="name-line block" title={primary.name}>
                {primary.name}
              </span>
            )}
          </Figure>
          <Figure
            label="Worst lag"
            note={worstLag === null ? 'no standby’s lag is known' : <span className="name-line block">{worstLag.node}</span>}
          >
            {worstLag === null ? <span className="text-unknown">unknown</span> : lagWords(worstLag)}
          </Figure>
          <Figure label="Nodes running" note={nodes.unknown > 0 ? `${nodes.unknown} unknown` : 'all seen'}>
            {nodes.up ?? <span className="text-unknown">unknown</span>} <span className="font-normal text-muted">of {nodes.total}</span>
          </Figure>
          <Figure label="Term" note={timeline === null ? 'timeline unknown' : `timeline ${timeline}`}>
            {view.term ?? <span className="text-unknown">unknown</span>}
          </Figure>
          <Figure label="Findings" note={summary.stale ? 'not evaluated now' : <FindingCounts counts={summary.findings} />}>
            <a href="#findings" className="underline-offset-2 hover:underline">
              {summary.stale ? <span className="text-unknown">unknown</span> : `${view.findings.length} open`}
            </a>
          </Figure>
        </dl>
      </Card>
    </header>
  );
}

function Figure({ label, note, children }: { label: string; note: ReactNode; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="mt-0.5 min-w-0">
        <div className="truncate text-[15px] font-semibold">{children}</div>
        <div className="mt-0.5 min-h-[2lh] text-xs text-muted">{note}</div>
      </dd>
    </div>
  );
}
