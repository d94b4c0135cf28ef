'use client';
import { memo } from 'react';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { providerName } from '../status/words.ts';
import { linkFace, nodeFace } from './faces.ts';
import type { LinkFace } from './faces.ts';
import type { SiteBox, TopologyLayout } from './layout.ts';
import { ArrowHeads, LinkLabel, LinkLine } from './link-line.tsx';
import { NodeCard } from './node-card.tsx';

interface Props {
  view: ClusterView;
  layout: TopologyLayout;
  nowMs: number;
  chosen: string | null;
  onChoose: (name: string) => void;
}

/** The picture: sites as boxes, nodes as cards, streams as arrows. It scrolls inside its own frame when it is wider than the page. */
export function TopologyGraph({ view, layout, nowMs, chosen, onChoose }: Props) {
  const links = new Map(view.links.map((link) => [linkKey(link), linkFace(link)]));
  const nodes = new Map(view.nodes.map((node) => [node.name, node]));
  return (
    <div role="group" aria-label="Topology graph" tabIndex={0} className="overflow-x-auto">
      <div className="relative mx-auto" style={{ width: layout.width, height: layout.height }}>
        {layout.sites.map((site) => (
          <SiteFrame key={site.key} site={site} />
        ))}
        <svg width={layout.width} height={layout.height} aria-hidden className="pointer-events-none absolute inset-0">
          <ArrowHeads />
          {layout.links.map((link) => (
            <LinkLine key={link.to} path={link.path} tone={(links.get(linkKey(link)) ?? unknownLink(link)).tone} />
          ))}
        </svg>
        {layout.links.map((link) => (
          <LinkLabel key={link.to} link={link} face={links.get(linkKey(link)) ?? unknownLink(link)} />
        ))}
        {layout.nodes.map((box) => {
          const node = nodes.get(box.name);
          return node === undefined ? null : (
            <NodeCard
              key={box.name}
              box={box}
              face={nodeFace(node, view.findings, nowMs)}
              chosen={chosen === box.name}
              onChoose={onChoose}
            />
          );
        })}
      </div>
    </div>
  );
}

const linkKey = (link: { from: string; to: string }) => JSON.stringify([link.from, link.to]);

/** A stream that a node is known to have had, but that the view says nothing about now. */
function unknownLink({ from, to }: { from: string; to: string }): LinkFace {
  const title = `${from} to ${to}: nothing is known about this stream now`;
  return { from, to, state: 'unknown', tone: 'unknown', terms: 'sync and TLS unknown', termsTone: null, lag: 'transport unknown', title };
}

const SiteFrame = memo(function SiteFrame({ site }: { site: SiteBox }) {
  return (
    <div
      style={{ width: site.width, height: site.height, transform: `translate(${site.x}px, ${site.y}px)` }}
      className="absolute top-0 left-0 rounded-lg border border-line bg-raised transition-transform duration-300"
    >
      <p className="flex h-9 items-center gap-2 px-4 text-xs">
        <span className="name-line max-w-28 shrink-0 font-semibold">{providerName(site.provider)}</span>
        <span className="name-line min-w-0 flex-1 text-muted">{site.region}</span>
        <span className="name-line max-w-16 shrink-0 text-muted" title="Jurisdiction">
          {site.jurisdictions.join(', ')}
        </span>
      </p>
    </div>
  );
});
