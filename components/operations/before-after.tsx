'use client';
import { ArrowDown, ArrowRight } from 'lucide-react';
import { useMemo } from 'react';
import type { Plan, PlannedNode, PlannedTopology } from '../../lib/domain/operation/model.ts';
import { Mark } from '../status/mark.tsx';
import { providerName } from '../status/words.ts';
import { COMPACT_SIZE } from '../topology/layout-size.ts';
import { layoutTopology } from '../topology/layout.ts';
import type { NodeBox } from '../topology/layout-shape.ts';
import { ArrowHeads, LinkLine } from '../topology/link-line.tsx';
import { EDGE } from '../topology/card-frame.tsx';
import { cx } from '../ui/class-names.ts';
import { Panel } from '../ui/panel.tsx';
import { PlannedList } from './planned-list.tsx';
import { ROLE, changesOf, plannedShape, synchronousWords, topologyWords } from './planned-picture.ts';
import type { SiteOf } from './planned-picture.ts';

/** The topology as it is and as it will be, drawn by the same rule as on the cluster's page. */
export function BeforeAfter({ plan, siteOf, past = false }: { plan: Plan; siteOf: SiteOf; past?: boolean }) {
  const synchronousChanges = synchronousWords(plan.before.synchronous) !== synchronousWords(plan.after.synchronous);
  return (
    <Panel title={past ? 'Topology: before and after' : 'Topology: now and after'} note={plan.summary}>
      <div className="grid items-center gap-x-2 px-4 py-4 xl:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)]">
        <Picture title={past ? 'Before' : 'Now'} topology={plan.before} other={plan.after} siteOf={siteOf} />
        <span className="justify-self-center py-2 text-muted">
          <ArrowRight size={22} aria-hidden className="max-xl:hidden" />
          <ArrowDown size={22} aria-hidden className="xl:hidden" />
        </span>
        <Picture title="Afterwards" topology={plan.after} other={plan.before} siteOf={siteOf} />
      </div>
      <p className="border-t border-line px-5 py-2.5 text-[13px] text-muted">
        Commits wait for synchronous standbys: <span className="text-text">{synchronousWords(plan.before.synchronous)}</span>
        {synchronousChanges ? (
          <>
            {' '}
            → <span className="font-medium text-text">{synchronousWords(plan.after.synchronous)}</span>
          </>
        ) : (
          ', unchanged'
        )}
        .
      </p>
    </Panel>
  );
}

function Picture(props: { title: string; topology: PlannedTopology; other: PlannedTopology; siteOf: SiteOf }) {
  const { title, topology, other, siteOf } = props;
  const layout = useMemo(() => layoutTopology(plannedShape(topology, siteOf), COMPACT_SIZE), [topology, siteOf]);
  const nodes = new Map(topology.nodes.map((node) => [node.name, node]));
  return (
    <figure className="min-w-0">
      <figcaption className="mb-2 text-center text-xs font-semibold text-muted">
        {title}
        <span className="sr-only">: {topologyWords(topology)}</span>
      </figcaption>
      <div className="md:hidden">
        <PlannedList {...props} />
      </div>
      <div role="group" aria-label={`Topology: ${title}`} tabIndex={0} className="overflow-x-auto max-md:hidden">
        <div className="relative mx-auto" style={{ width: layout.width, height: layout.height }}>
          {layout.sites.map((site) => (
            <div
              key={site.key}
              style={{ width: site.width, height: site.height, transform: `translate(${site.x}px, ${site.y}px)` }}
              className="absolute top-0 left-0 rounded-lg border border-line bg-raised"
            >
              <div className="name-line flex h-9 items-center gap-1.5 px-3 text-xs">
                <span className="font-semibold">{providerName(site.provider)}</span>
                <span className="name-line text-muted">{site.region}</span>
              </div>
            </div>
          ))}
          <svg width={layout.width} height={layout.height} aria-hidden className="pointer-events-none absolute inset-0">
            <ArrowHeads />
            {layout.links.map((link) => (
              <LinkLine key={link.to} path={link.path} tone="info" />
            ))}
          </svg>
          {layout.nodes.map((box) => {
            const node = nodes.get(box.name);
            return node === undefined ? null : <PlannedCard key={box.name} box={box} node={node} changes={changesOf(node, other)} />;
          })}
        </div>
      </div>
    </figure>
  );
}

function PlannedCard({ box, node, changes }: { box: NodeBox; node: PlannedNode; changes: string[] }) {
  const { word, tone } = ROLE[node.role];
  const changed = changes.length > 0;
  return (
    <div
      style={{ width: box.width, height: box.height, transform: `translate(${box.x}px, ${box.y}px)` }}
      title={node.slot === null ? undefined : `through slot ${node.slot}`}
      className={cx(
        'absolute top-0 left-0 flex flex-col justify-center rounded-md border border-l-4 border-line bg-surface px-2.5 text-xs',
        EDGE[tone],
        changed && 'ring-2 ring-accent',
      )}
    >
      <span className="name-line text-[13px] font-semibold" title={node.name}>
        {node.name}
      </span>
      <span className="flex items-center justify-between gap-2">
        <span className="inline-flex items-center gap-1.5 text-muted">
          <Mark tone={tone} size={9} />
          <span className={node.role === 'primary' ? 'font-semibold text-accent' : undefined}>{word}</span>
        </span>
        {changed ? <span className="rounded bg-accent-soft px-1 text-[11px] font-medium text-accent">{changes[0]}</span> : null}
      </span>
    </div>
  );
}
