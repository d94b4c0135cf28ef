/**
 * Where everything of a topology is drawn. Pure and deterministic: it depends on names, sites and who follows whom, never on
 * figures or states, so that nothing moves while live data arrives.
 *
 * Sites (provider and region) are boxes. The primary's site stands left; each other site stands one column right of the nearest
 * site that feeds it. A stream to the next column enters its node from the gutter on the left, where its label stands; any other
 * stream (inside a site, inside a column, or back to the left) has its label above the node that it enters. A site with many nodes
 * has columns of its own, with a gutter before each of them.
 */
import { drawLinks, entersFromGutter } from './layout-links.ts';
import type { Place } from './layout-links.ts';
import { FULL_SIZE, NODE_GAP, SITE_GAP, SITE_HEADER_HEIGHT, SITE_PADDING } from './layout-size.ts';
import type { DrawingSize } from './layout-size.ts';
import type { NodeBox, SiteBox, TopologyLayout, TopologyShape } from './layout-shape.ts';
import type { ClusterView, Site } from '../../lib/domain/topology/model.ts';

/** Up to so many nodes of a site stand in one column; bigger sites grow in both directions, taller more slowly than wide. */
const SITE_ROWS = 8;
const SITE_ROWS_GROWTH = 1.3;

/** A node whose upstream is unknown at this moment keeps the one it had (`previous`): a moment's doubt must not move the picture. */
export function topologyShape(view: Pick<ClusterView, 'primary' | 'nodes'>, previous: TopologyShape | null): TopologyShape {
  const known = new Map(previous?.nodes.map((node) => [node.name, node.upstream]));
  const names = new Set(view.nodes.map((node) => node.name));
  const existing = (name: string | null | undefined) => (name != null && names.has(name) ? name : null);
  const primary = existing(view.primary) ?? existing(previous?.primary) ?? view.nodes.find((node) => node.role === 'primary')?.name ?? null;
  return {
    primary,
    nodes: view.nodes
      .map((node) => {
        const upstream = node.name === view.primary ? null : (existing(node.upstream) ?? existing(known.get(node.name)));
        return { name: node.name, site: node.site, upstream: upstream === node.name ? null : upstream };
      })
      .sort((a, b) => compareText(a.name, b.name)),
  };
}

/** Places every site, node and stream of a shape; no two nodes, labels or sites overlap. */
export function layoutTopology(shape: TopologyShape, size: DrawingSize = FULL_SIZE): TopologyLayout {
  const unordered = groupBySite(shape, nodeDepths(shape));
  const { groups, columns } = orderColumns(shape, unordered, assignColumns(shape, unordered));
  const columnOf = new Map(groups.flatMap((group, index) => group.names.map((name) => [name, columns[index] ?? 0] as const)));
  const upstreamOf = new Map(shape.nodes.map((node) => [node.name, node.upstream]));
  const labelAbove = (name: string) => {
    const upstream = upstreamOf.get(name) ?? null;
    return upstream !== null && !entersFromGutter({ column: columnOf.get(upstream) ?? 0 }, { column: columnOf.get(name) ?? 0 });
  };

  const innerColumns = groups.map((group) => columnsOfSite(group.names, upstreamOf));
  const siteWidths = innerColumns.map((inner) => 2 * SITE_PADDING + inner.length * (size.nodeWidth + size.gutterWidth) - size.gutterWidth);
  const columnWidths: number[] = Array.from({ length: Math.max(0, ...columns) + 1 }, () => 0);
  columns.forEach((column, index) => (columnWidths[column] = Math.max(columnWidths[column] ?? 0, siteWidths[index] ?? 0)));
  const columnX = columnWidths.map((_width, column) =>
    columnWidths.slice(0, column).reduce((x, width) => x + width + size.gutterWidth, size.canvasPadding),
  );

  const sites: SiteBox[] = [];
  const nodes: (NodeBox & { inner: number; isLastInner: boolean })[] = [];
  const heights: number[] = columnWidths.map(() => 0);
  groups.forEach((group, index) => {
    const column = columns[index] ?? 0;
    const x = columnX[column] ?? 0;
    const top = size.canvasPadding + (heights[column] ?? 0);
    let bottom = top + SITE_HEADER_HEIGHT;
    const innerNames = innerColumns[index] ?? [];
    innerNames.forEach((names, inner) => {
      let y = top + SITE_HEADER_HEIGHT;
      names.forEach((name, position) => {
        if (position > 0) y += NODE_GAP;
        if (inner === 0 && labelAbove(name)) y += size.labelHeight + (position === 0 ? NODE_GAP : 0);
        nodes.push({
          ...{ name, siteKey: group.key, inner, isLastInner: inner === innerNames.length - 1 },
          ...{ x: x + SITE_PADDING + inner * (size.nodeWidth + size.gutterWidth), y, width: size.nodeWidth, height: size.nodeHeight },
        });
        y += size.nodeHeight;
      });
      bottom = Math.max(bottom, y);
    });
    const height = bottom + SITE_PADDING - top;
    sites.push({ ...group, x, y: top, width: siteWidths[index] ?? 0, height });
    heights[column] = (heights[column] ?? 0) + height + SITE_GAP;
  });
  centreColumns(sites, nodes, columnWidths.length);
  const siteTops = new Map(sites.map((site) => [site.key, site.y]));
  const places = new Map(
    nodes.map(({ name, siteKey: key, inner, isLastInner, ...box }): [string, Place] => {
      const column = columnOf.get(name) ?? 0;
      const columnRight = (columnX[column] ?? 0) + (columnWidths[column] ?? 0);
      return [name, { box, siteKey: key, siteTop: siteTops.get(key) ?? 0, column, columnRight, inner, isLastInner }];
    }),
  );
  return {
    width: (columnX.at(-1) ?? size.canvasPadding) + (columnWidths.at(-1) ?? 0) + size.canvasPadding,
    height: Math.max(0, ...sites.map((site) => site.y + site.height)) + size.canvasPadding,
    sites,
    nodes: nodes.map(({ name, siteKey: key, x, y, width, height }) => ({ name, siteKey: key, x, y, width, height })),
    links: drawLinks(shape, places, size),
  };
}

/**
 * A site with many nodes is drawn in columns of its own: first the nodes that feed others of the site, then the rest in columns of
 * about the same height. `names` are in order, those nearest to the primary first.
 */
function columnsOfSite(names: readonly string[], upstreamOf: ReadonlyMap<string, string | null>): string[][] {
  const rowsMax = Math.max(SITE_ROWS, Math.ceil(Math.sqrt(names.length) * SITE_ROWS_GROWTH));
  if (names.length <= SITE_ROWS) return [[...names]];
  const feeding = new Set(names.map((name) => upstreamOf.get(name)));
  const heads = names.filter((name) => feeding.has(name));
  const isTree = heads.length > 0 && heads.length <= rowsMax;
  const rest = isTree ? names.filter((name) => !feeding.has(name)) : [...names];
  const rows = Math.ceil(rest.length / Math.ceil(rest.length / rowsMax));
  const columns = Array.from({ length: Math.ceil(rest.length / rows) }, (_unused, index) => rest.slice(index * rows, (index + 1) * rows));
  return isTree ? [heads, ...columns] : columns;
}

/** Steps from the primary (or from any node that follows nobody); members of a cycle that nothing feeds count as one. */
function nodeDepths(shape: TopologyShape): Map<string, number> {
  const upstreams = new Map(shape.nodes.map((node) => [node.name, node.upstream]));
  const depth = (name: string): number => {
    const seen = new Set<string>();
    let steps = 0;
    for (let at: string | null = name; at !== null; at = upstreams.get(at) ?? null) {
      if (seen.has(at)) return 1;
      seen.add(at);
      if ((upstreams.get(at) ?? null) !== null) steps += 1;
      else if (at !== shape.primary && shape.primary !== null) steps += 1;
    }
    return steps;
  };
  return new Map(shape.nodes.map((node) => [node.name, depth(node.name)]));
}

interface SiteGroup {
  key: string;
  provider: string;
  region: string;
  jurisdictions: string[];
  /** Top to bottom: nearest to the primary first, each after the node that feeds it where that is possible. */
  names: string[];
}

/** Nodes with the same key share a box. */
export const siteKey = (site: Pick<Site, 'provider' | 'region'>): string => JSON.stringify([site.provider, site.region]);

function groupBySite(shape: TopologyShape, depths: Map<string, number>): SiteGroup[] {
  const groups = new Map<string, SiteGroup>();
  for (const node of shape.nodes) {
    const key = siteKey(node.site);
    const group = groups.get(key) ?? { key, provider: node.site.provider, region: node.site.region, jurisdictions: [], names: [] };
    group.names.push(node.name);
    if (!group.jurisdictions.includes(node.site.jurisdiction)) group.jurisdictions.push(node.site.jurisdiction);
    groups.set(key, group);
  }
  const depth = (name: string) => depths.get(name) ?? 0;
  const rank = (name: string) => (name === shape.primary ? -1 : depth(name));
  for (const group of groups.values()) group.names.sort((a, b) => rank(a) - rank(b) || compareText(a, b));
  return [...groups.values()].sort((a, b) => compareText(a.key, b.key));
}

/** Steps between sites, the primary's being 0. By shortest path, so that no stream skips a column to the right. */
function assignColumns(shape: TopologyShape, groups: SiteGroup[]): number[] {
  const indexOf = new Map(groups.flatMap((group, index) => group.names.map((name) => [name, index] as const)));
  const feeds: Set<number>[] = groups.map(() => new Set());
  for (const node of shape.nodes) {
    const from = node.upstream === null ? undefined : indexOf.get(node.upstream);
    const to = indexOf.get(node.name);
    if (from !== undefined && to !== undefined && from !== to) feeds[from]?.add(to);
  }
  const columns: (number | null)[] = groups.map(() => null);
  const primarySite = shape.primary === null ? undefined : indexOf.get(shape.primary);
  const roots = primarySite === undefined ? rootSites(shape, indexOf) : [primarySite];
  let wave = roots.length > 0 ? roots : groups.slice(0, 1).map((_, index) => index);
  for (const index of wave) columns[index] = 0;
  for (let column = 1; wave.length > 0; column += 1) {
    const next = [...new Set(wave.flatMap((index) => [...(feeds[index] ?? [])]))].filter((index) => columns[index] == null);
    for (const index of next) columns[index] = column;
    wave = next;
  }
  // A site that nothing known feeds stands in the second column, apart from the primary's.
  return columns.map((column) => column ?? (primarySite === undefined ? 0 : 1));
}

/**
 * Column by column, each site at the height of its upstream nodes, so that few streams cross. `groups` and `columns` of the answer belong
 * together.
 */
function orderColumns(shape: TopologyShape, groups: SiteGroup[], columns: number[]): { groups: SiteGroup[]; columns: number[] } {
  const upstreams = new Map(shape.nodes.map((node) => [node.name, node.upstream]));
  const heights = new Map<string, number>();
  const heightOfFeeder = (group: SiteGroup) =>
    Math.min(...group.names.map((name) => heights.get(upstreams.get(name) ?? '') ?? Number.MAX_SAFE_INTEGER));
  const ordered: { group: SiteGroup; column: number }[] = [];
  for (let column = 0; column <= Math.max(0, ...columns); column += 1) {
    const inColumn = groups
      .filter((_, index) => columns[index] === column)
      .map((group) => ({ group, height: heightOfFeeder(group) }))
      .sort((a, b) => a.height - b.height || compareText(a.group.key, b.group.key));
    inColumn.flatMap(({ group }) => group.names).forEach((name, height) => heights.set(name, height));
    ordered.push(...inColumn.map(({ group }) => ({ group, column })));
  }
  return { groups: ordered.map(({ group }) => group), columns: ordered.map(({ column }) => column) };
}

function rootSites(shape: TopologyShape, indexOf: Map<string, number>): number[] {
  const roots = shape.nodes.filter((node) => node.upstream === null).map((node) => indexOf.get(node.name) ?? 0);
  return [...new Set(roots)].sort((a, b) => a - b);
}

/** Shorter columns stand in the middle of the tallest. */
function centreColumns(sites: SiteBox[], nodes: NodeBox[], columnCount: number): void {
  const bottoms = new Map<number, number>();
  for (const site of sites) bottoms.set(site.x, Math.max(bottoms.get(site.x) ?? 0, site.y + site.height));
  const tallest = Math.max(0, ...bottoms.values());
  if (columnCount < 2) return;
  const shifts = new Map([...bottoms].map(([x, bottom]) => [x, Math.round((tallest - bottom) / 2)]));
  const shiftOfSite = new Map(sites.map((site) => [site.key, shifts.get(site.x) ?? 0]));
  for (const site of sites) site.y += shiftOfSite.get(site.key) ?? 0;
  for (const node of nodes) node.y += shiftOfSite.get(node.siteKey) ?? 0;
}

/** By code point: the same on every machine and in every locale. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
