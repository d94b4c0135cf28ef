'use client';
import { ChevronsDownUp } from 'lucide-react';
import { memo } from 'react';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { providerName } from '../status/words.ts';
import { GroupCard } from './group-card.tsx';
import type { NodeGroup } from './grouping.ts';
import type { SiteBox, TopologyLayout } from './layout-shape.ts';
import { ArrowHeads, LinkLabel, LinkLine } from './link-line.tsx';
import { NodeCard } from './node-card.tsx';
import { pictureFaces } from './picture.ts';

export interface Picture {
  view: ClusterView;
  layout: TopologyLayout;
  groups: ReadonlyMap<string, NodeGroup>;
  nowMs: number;
  /** By node name. */
  busy: ReadonlyMap<string, string>;
  /** Nodes on which work is announced. */
  maintained: ReadonlySet<string>;
}

interface Props extends Picture {
  /** Sites that are open and may be collapsed. */
  open: ReadonlySet<string>;
  chosen: string | null;
  onChoose: (name: string) => void;
  onOpenSite: (siteKey: string) => void;
  onCollapseSite: (siteKey: string) => void;
}

/** The picture: sites as boxes, nodes as cards, streams as arrows. It scrolls inside its own frame when it is wider than the page. */
export function TopologyGraph(props: Props) {
  const { layout, chosen, onChoose } = props;
  const faces = pictureFaces(props);
  return (
    <div role="group" aria-label="Topology graph" tabIndex={0} className="overflow-x-auto">
      <div className="relative mx-auto" style={{ width: layout.width, height: layout.height }}>
        {layout.sites.map((site) => (
          <SiteFrame key={site.key} site={site} onCollapse={props.open.has(site.key) ? props.onCollapseSite : null} />
        ))}
        <svg width={layout.width} height={layout.height} aria-hidden className="pointer-events-none absolute inset-0">
          <ArrowHeads />
          {layout.links.map((link, index) => (
            <LinkLine key={link.to} path={link.path} tone={faces.links[index]!.tone} />
          ))}
        </svg>
        {layout.links.map((link, index) => (
          <LinkLabel key={link.to} link={link} face={faces.links[index]!} />
        ))}
        {layout.nodes.map((box) => {
          const group = faces.groups.get(box.name);
          const face = faces.nodes.get(box.name);
          if (group !== undefined) return <GroupCard key={box.name} box={box} face={group} onOpen={props.onOpenSite} />;
          return face === undefined ? null : (
            <NodeCard key={box.name} box={box} face={face} chosen={chosen === box.name} onChoose={onChoose} />
          );
        })}
      </div>
    </div>
  );
}

const SiteFrame = memo(
  function SiteFrame({ site, onCollapse }: { site: SiteBox; onCollapse: ((siteKey: string) => void) | null }) {
    const place = `${providerName(site.provider)} ${site.region}`;
    return (
      <div
        style={{ width: site.width, height: site.height, transform: `translate(${site.x}px, ${site.y}px)` }}
        className="absolute top-0 left-0 rounded-lg border border-line bg-raised transition-transform duration-300"
      >
        <div className="flex h-9 items-center gap-2 px-4 text-xs">
          <span className="name-line max-w-28 shrink-0 font-semibold">{providerName(site.provider)}</span>
          <span className="name-line min-w-0 flex-1 text-muted">{site.region}</span>
          <span className="name-line max-w-16 shrink-0 text-muted" title="Jurisdiction">
            {site.jurisdictions.join(', ')}
          </span>
          {onCollapse === null ? null : (
            <button
              type="button"
              aria-label={`Collapse the nodes of ${place} into one card`}
              title="Collapse into one card"
              onClick={() => onCollapse(site.key)}
              className="-mr-2 inline-flex size-6 shrink-0 items-center justify-center rounded text-muted hover:bg-line hover:text-text"
            >
              <ChevronsDownUp size={13} aria-hidden />
            </button>
          )}
        </div>
      </div>
    );
  },
  (a, b) => a.site === b.site && (a.onCollapse === null) === (b.onCollapse === null),
);
