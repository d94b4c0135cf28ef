import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { summariseCluster } from '../../lib/domain/topology/summary.ts';
import { FindingCounts } from '../findings/finding-counts.tsx';
import { Figure } from '../help/figure.tsx';
import { HELP_TEXTS } from '../help/texts.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import type { LiveStream } from '../live/live-stream.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { LEADERSHIP_SOURCE, NODE_STATE, lagWords, objectiveWords, recoveryWords, rpoMeasured, rpoWords } from '../status/words.ts';
import { Card } from '../ui/card.tsx';

/** Shows the state of the cluster now in a sentence and a few figures. */
export function ClusterHeader({ view, stream, nowMs }: { view: ClusterView; stream: LiveStream; nowMs: number }) {
  const summary = summariseCluster(view, nowMs);
  const rpo = rpoWords(view.rpo);
  const recovery = recoveryWords(summary.provenRecovery);
  const { primary, worstLag, nodes, leadership } = summary;
  const timeline = view.nodes.find((node) => node.name === view.primary)?.timeline ?? null;
  const termWords = `term ${view.term ?? 'unknown'} · timeline ${timeline ?? 'unknown'}`;
  return (
    <header className="space-y-4">
      <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
        <div className="min-w-0 flex-1 basis-80">
          <div className="flex flex-wrap items-baseline gap-x-3">
            <h1 className="name line-clamp-2 text-xl font-semibold tracking-tight">{view.name}</h1>
            <span className="text-[13px] text-muted">
              {view.policy.environment}
              {view.policy.tier === null ? null : ` · tier ${view.policy.tier}`}
            </span>
          </div>
          <p className="name mt-1 line-clamp-3 min-h-[3lh] max-w-5xl text-[15px] text-muted sm:min-h-[1lh]">{summary.sentence}</p>
        </div>
        <LiveIndicator stream={stream} computedAt={view.computedAt} nowMs={nowMs} />
      </div>
      <Card aria-label="State of the cluster" className="px-5 py-4">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-3 lg:grid-cols-5 2xl:grid-cols-9">
          <Figure
            label="RPO state"
            help={HELP_TEXTS['rpo-state']}
            className="col-span-2 lg:col-span-2"
            note={
              // A sentence that names its own age may say that nothing was missing then.
              <span className="line-clamp-2" title={view.rpo.reason} data-known-zero>
                {view.rpo.reason}
              </span>
            }
          >
            <span title={rpoMeasured(view.rpo) ?? undefined}>
              <StateWord tone={rpo.tone} word={rpo.words} />
            </span>
          </Figure>
          <Figure label="Recovery" help={HELP_TEXTS.recovery} note={recovery.note}>
            <StateWord tone={recovery.tone} word={recovery.words} />
          </Figure>
          <Figure label="Objectives" help={HELP_TEXTS.objectives} note={`RTO ${objectiveWords(view.policy.rtoObjectiveSeconds)}`}>
            RPO {objectiveWords(view.policy.rpoObjectiveSeconds)}
          </Figure>
          <Figure
            label="Primary"
            help={HELP_TEXTS.primary}
            note={primary === null ? 'no node is seen as primary' : <StateWord {...NODE_STATE[primary.state]} />}
          >
            {primary === null ? <Unknown /> : <Name text={primary.name} />}
          </Figure>
          <Figure
            label="Primary since"
            help={HELP_TEXTS['last-change']}
            note={
              <>
                <span className="block">{termWords}</span>
                {leadership === null ? null : <span className="block">{LEADERSHIP_SOURCE[leadership.source]}</span>}
              </>
            }
          >
            {leadership === null ? <Unknown /> : <Instant at={leadership.since} />}
          </Figure>
          <Figure
            label="Worst lag"
            help={HELP_TEXTS['worst-lag']}
            note={worstLag === null ? 'every standby’s lag is unknown' : <Name text={worstLag.node} />}
          >
            {worstLag === null ? <Unknown /> : lagWords(worstLag)}
          </Figure>
          <Figure
            label="Nodes running"
            help={HELP_TEXTS['nodes-running']}
            note={nodes.unknown > 0 ? `${nodes.unknown} unknown` : 'all seen'}
          >
            {nodes.up ?? <Unknown />} <span className="font-normal text-muted">of {nodes.total}</span>
          </Figure>
          <Figure
            label="Findings"
            help={HELP_TEXTS.findings}
            note={summary.stale ? 'not evaluated now' : <FindingCounts counts={summary.findings} />}
          >
            <a href="#findings" className="underline-offset-2 hover:underline">
              {summary.stale ? <Unknown /> : `${view.findings.length} open`}
            </a>
          </Figure>
        </dl>
      </Card>
    </header>
  );
}

const Unknown = () => <span className="text-unknown">unknown</span>;
const Name = ({ text }: { text: string }) => (
  <span className="name-line block" title={text}>
    {text}
  </span>
);
