'use client';
import type { ReactNode } from 'react';
import type { NodeStanding } from '../../lib/domain/operation/plan/node-standing.ts';
import type { RejoinMethod } from '../../lib/domain/operation/model.ts';
import { formatAge } from '../../lib/domain/format/duration.ts';
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { usePolled } from '../live/polled.ts';
import { Fact, Facts } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { NodeVerbs } from './node-verbs.tsx';
import { STANDING_EVERY_MS, standingUrl } from './standing-url.ts';

const ROLE: Record<'unclaimed' | 'leader' | 'follower' | 'fenced', { word: string; tone: StateTone }> = {
  leader: { word: 'may be primary', tone: 'good' },
  follower: { word: 'must not be primary', tone: 'info' },
  fenced: { word: 'fenced: stays stopped until it is reverted', tone: 'bad' },
  unclaimed: { word: 'no leadership known yet', tone: 'unknown' },
};

const METHOD: Record<RejoinMethod, string> = { rewind: 'Rewind', 're-clone': 'Re-clone', keep: 'Keep for inspection' };

interface Props {
  slug: string;
  name: string;
  view: ClusterView | null;
  /** As it came with the page; `null` = nothing is known of it yet. */
  initial: NodeStanding | null;
  nowMs: number;
}

const NEVER: NodeStanding = {
  serverTime: '',
  node: '',
  authority: null,
  observedAt: null,
  leadership: null,
  readiness: unknownReadiness(),
};

/** Actions with the node, by which right it runs, and how it could be brought back: shown all the time, not found out when needed. */
export function NodeStandingPanel({ slug, name, view, initial, nowMs }: Props) {
  const { answer } = usePolled(standingUrl(slug, name), initial ?? NEVER, STANDING_EVERY_MS);
  return (
    <Panel
      title="Operations and authority"
      id="operations"
      note={answer.observedAt === null ? undefined : formatAge(answer.observedAt, nowMs)}
    >
      <div className="grid gap-x-10 gap-y-5 px-5 py-4 lg:grid-cols-2">
        <section aria-label="Actions" className="min-w-0 lg:col-span-2">
          <NodeVerbs slug={slug} name={name} view={view} />
        </section>
        <Part title="Authority">
          <AuthorityFacts standing={answer} />
        </Part>
        <Part title="Methods to bring it back">
          <Readiness standing={answer} isPrimary={name === view?.primary} />
        </Part>
      </div>
    </Panel>
  );
}

function AuthorityFacts({ standing }: { standing: NodeStanding }) {
  const { authority, leadership } = standing;
  if (authority === null) {
    return (
      <p className="text-[13px] text-unknown">Unknown: its agent says nothing of leadership. It observes, and can be told to do nothing.</p>
    );
  }
  const outOfTerm = leadership !== null && authority.termSeen !== leadership.term;
  return (
    <>
      <StateWord {...ROLE[authority.role]} />
      <Facts>
        <Fact label="Highest term it has seen">
          {authority.termSeen}
          {outOfTerm ? <span className="text-warn"> (the cluster is at {leadership.term})</span> : null}
        </Fact>
        {authority.leaderTerm === null ? null : <Fact label="May be primary under term">{authority.leaderTerm}</Fact>}
        <Fact label="Its agent">{authority.obstacles.length === 0 ? 'can act' : 'can’t act'}</Fact>
        {authority.performing.map(({ command, verb, since }) => (
          <Fact key={command} label="Running now">
            {verb}, since <Instant at={since} />
          </Fact>
        ))}
        {authority.poolers.map(({ name, reachable, paused, primary }) => (
          <Fact key={name} label={`Pooler ${name}`}>
            {reachable ? `points to ${primary ?? 'unknown'}${paused === true ? ', paused' : ''}` : 'does not answer'}
          </Fact>
        ))}
        <Fact label="Its journal">{authority.journal.sequence} entries</Fact>
      </Facts>
      {authority.obstacles.map((obstacle) => (
        <p key={obstacle} className="name mt-2 text-[13px] text-warn">
          {obstacle}
        </p>
      ))}
      {authority.fenced === null ? null : (
        <p className="name mt-2 text-[13px] text-bad">
          Fenced since <Instant at={authority.fenced.at} />: {authority.fenced.reason}
        </p>
      )}
      {authority.unusable === null ? null : (
        <p className="name mt-2 text-[13px] text-bad">
          Its data directory must not be started since <Instant at={authority.unusable.since} />: {authority.unusable.reason}
        </p>
      )}
    </>
  );
}

function Readiness({ standing, isPrimary }: { standing: NodeStanding; isPrimary: boolean }) {
  return (
    <>
      {isPrimary ? <p className="mb-2 text-[13px] text-muted">As it would be after a failover away from it.</p> : null}
      <dl className="space-y-2.5 text-[13px]">
        {(['rewind', 're-clone', 'keep'] as const).map((method) => {
          const { possible, reasons, bytes, estimate } = standing.readiness[method];
          return (
            <div key={method}>
              <dt className="flex flex-wrap items-center gap-x-3 font-medium">
                {METHOD[method]}{' '}
                <StateWord tone={possible ? 'good' : 'bad'} word={possible ? 'possible' : 'not possible'} className="text-xs" />
              </dt>
              <dd className="name text-muted">
                {estimate}
                {bytes === null ? '' : ` (${formatBytes(bytes)})`}
                {reasons.map((reason) => (
                  <span key={reason} className="block text-text">
                    {reason}
                  </span>
                ))}
              </dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}

function unknownReadiness(): NodeStanding['readiness'] {
  const unknown = { possible: false, reasons: ['This node has not been seen yet.'], bytes: null, estimate: '' };
  return { rewind: unknown, 're-clone': unknown, keep: unknown };
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="mb-2 border-b border-line pb-1 text-xs font-semibold text-muted">{title}</h3>
      {children}
    </section>
  );
}
