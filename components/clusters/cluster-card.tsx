import Link from 'next/link';
import { memo } from 'react';
import type { ReactNode } from 'react';
import { FindingCounts } from '../findings/finding-counts.tsx';
import { Instant } from '../status/instant.tsx';
import { Mark, StateWord } from '../status/mark.tsx';
import { sameValues } from '../topology/faces.ts';
import { Card } from '../ui/card.tsx';
import { BAND } from './card-face.ts';
import type { CardFace } from './card-face.ts';

/** Shows one cluster: the sentence first, then its figures. Every part has a fixed height. */
export const ClusterCard = memo(
  function ClusterCard({ face }: { face: CardFace }) {
    const band = BAND[face.band];
    return (
      <Card className="relative flex h-full flex-col px-5 py-4 focus-within:border-accent hover:border-line-strong">
        <div className="flex items-start justify-between gap-4">
          <h2 className="name flex min-w-0 items-baseline gap-2 text-base font-semibold">
            <span className="relative top-px shrink-0" title={band.word}>
              <Mark tone={band.tone} />
              <span className="sr-only">{band.word}: </span>
            </span>
            <Link
              href={`/clusters/${encodeURIComponent(face.slug)}`}
              prefetch={false}
              className="line-clamp-2 after:absolute after:inset-0 after:rounded-lg"
            >
              {face.name}
            </Link>
          </h2>
          <StateWord tone={face.rpoTone} word={`RPO: ${face.rpoWords}`} className="shrink-0 text-[13px]" />
        </div>
        <p className="name mt-1.5 line-clamp-3 min-h-[3lh] sm:min-h-[2lh]">{face.sentence}</p>
        <dl className="mt-3 grid grid-cols-2 gap-x-6 gap-y-2.5 border-t border-line pt-3 text-[13px] sm:grid-cols-4">
          <Fact label="Primary" note={<StateWord word={face.primaryState} tone={face.primaryTone} className="text-xs" />}>
            <Known value={face.primary} />
          </Fact>
          <Fact label="Primary since" note={face.leadsBy}>
            {face.leadsSince === null ? <Known value={null} /> : <Instant at={face.leadsSince} />}
          </Fact>
          <Fact label="Worst lag" note={face.lagNote}>
            <Known value={face.lag} />
          </Fact>
          <Fact label="Nodes running" note={face.nodesUnknown > 0 ? `${face.nodesUnknown} unknown` : 'all seen'}>
            <Known value={face.nodesUp} /> <span className="font-normal text-muted">of {face.nodesTotal}</span>
          </Fact>
          <Fact label="Recovery" note={face.recoveryNote}>
            <span className={face.recoveryTone === 'unknown' ? 'font-normal text-unknown' : undefined}>{face.recovery}</span>
          </Fact>
          <Fact label="RPO objective" note={'\u00a0'}>
            {face.rpoObjective}
          </Fact>
          <Fact label="Where" note={face.whereMore}>
            <span className="name-line block" title={face.where}>
              {face.where}
            </span>
          </Fact>
          <Fact label="Findings" note={'\u00a0'}>
            {face.critical === null || face.warning === null || face.info === null ? (
              <Known value={null} />
            ) : (
              <FindingCounts counts={{ critical: face.critical, warning: face.warning, info: face.info }} />
            )}
          </Fact>
        </dl>
        <p className="name mt-auto line-clamp-2 min-h-[2lh] pt-2 text-[13px] text-muted max-sm:line-clamp-3">
          {face.attentionSince === null ? null : (
            <>
              First, since <Instant at={face.attentionSince} />:{' '}
            </>
          )}
          {face.attention}
        </p>
      </Card>
    );
  },
  (a, b) => sameValues(a.face, b.face),
);

/** A cluster that is registered, but that the controller has not evaluated yet. */
export function WaitingCard({ slug, name, nodeCount }: { slug: string; name: string; nodeCount: number }) {
  return (
    <Card className="relative flex h-full flex-col p-5">
      <h2 className="name text-base font-semibold">
        <Link href={`/clusters/${encodeURIComponent(slug)}`} prefetch={false} className="after:absolute after:inset-0">
          {name}
        </Link>
      </h2>
      <StateWord tone="unknown" word="Not evaluated yet" className="mt-2 text-[13px]" />
      <p className="mt-2 text-muted">
        {nodeCount === 0
          ? 'No node is registered. Open the cluster to add the first.'
          : `${nodeCount} ${nodeCount === 1 ? 'node is' : 'nodes are'} registered. Figures appear once an agent reports and the controller runs.`}
      </p>
    </Card>
  );
}

const Known = ({ value }: { value: string | number | null }) =>
  value === null ? (
    <span className="font-normal text-unknown">unknown</span>
  ) : (
    <span className="name-line inline-block max-w-full align-bottom" title={String(value)}>
      {value}
    </span>
  );

function Fact({ label, note, children }: { label: string; note: ReactNode; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="mt-0.5 min-w-0">
        <span className="block min-h-[1lh] min-w-0 font-medium">{children}</span>
        <span className="name-line block text-xs text-muted">{note}</span>
      </dd>
    </div>
  );
}
