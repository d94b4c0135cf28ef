/**
 * Where everything of a topology is drawn. Pure and deterministic: it depends on names, sites and who follows whom, never on
 * figures or states, so that nothing moves while live data arrives.
 *
 * Sites (provider and region) are boxes. The primary's site stands left; each other site stands one column right of the nearest
 * site that feeds it. A stream to the next column enters its node from the gutter on the left, where its label stands; any other
 * stream (inside a site, inside a column, or back to the left) has its label above the node that it enters.
 */
import type { ClusterView, Site } from '../../lib/domain/topology/model.ts';

/** All in CSS pixels. */
export const NODE_WIDTH = 248;
export const NODE_HEIGHT = 106;
export const LABEL_WIDTH = 180;
export const LABEL_HEIGHT = 66;
const SITE_PADDING = 16;
const SITE_HEADER_HEIGHT = 36;
const NODE_GAP = 14;
const SITE_GAP = 24;
/** Room for the trunk of the streams, the label and the rail beside the sites. */
const GUTTER_WIDTH = LABEL_WIDTH + 56;
const CANVAS_PADDING = 24;
/** Streams from different nodes rise in the gutter side by side, not on top of each other. */
const TRUNK_STEP = 7;
const TRUNKS_MAX = 4;
const CORNER_RADIUS = 8;
/** How far left of a node a stream inside its column runs. */
const RAIL_OFFSET = 9;

/** What the drawing is measured by. The compact one has no labels on its streams: it stands beside another, such as before and after. */
export interface DrawingSize {
  nodeWidth: number;
  nodeHeight: number;
  labelWidth: number;
  labelHeight: number;
  gutterWidth: number;
  canvasPadding: number;
}
const FULL_SIZE: DrawingSize = {
  nodeWidth: NODE_WIDTH,
  nodeHeight: NODE_HEIGHT,
  labelWidth: LABEL_WIDTH,
  labelHeight: LABEL_HEIGHT,
  gutterWidth: GUTTER_WIDTH,
  canvasPadding: CANVAS_PADDING,
};
export const COMPACT_SIZE: DrawingSize = {
  nodeWidth: 176,
  nodeHeight: 58,
  labelWidth: 0,
  labelHeight: 8,
  gutterWidth: 44,
  canvasPadding: 10,
};

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface SiteBox extends Box {
  key: string;
  provider: string;
  region: string;
  jurisdictions: string[];
}
export interface NodeBox extends Box {
  name: string;
  siteKey: string;
}
export interface LinkPath {
  from: string;
  to: string;
  /** SVG path data from the upstream to the node it feeds. */
  path: string;
  label: Box;
}
export interface TopologyLayout {
  width: number;
  height: number;
  sites: SiteBox[];
  nodes: NodeBox[];
  links: LinkPath[];
}

/** What the drawing depends on: the names, where they are, and who follows whom. */
export interface TopologyShape {
  primary: string | null;
  nodes: { name: string; site: Pick<Site, 'provider' | 'region' | 'jurisdiction'>; upstream: string | null }[];
}

/**
 * The shape of a view. A node whose upstream is not known at this moment keeps the one it had (`previous`): a moment's doubt must
 * not move the picture.
 */
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
  const columnOf = new Map(groups.map((group, index) => [group.key, columns[index] ?? 0]));
  const siteOf = new Map(groups.flatMap((group) => group.names.map((name) => [name, group.key] as const)));
  const upstreamOf = new Map(shape.nodes.map((node) => [node.name, node.upstream]));
  const columnOfNode = (name: string) => columnOf.get(siteOf.get(name) ?? '') ?? 0;
  const entersFromGutter = (name: string) => {
    const upstream = upstreamOf.get(name) ?? null;
    return upstream !== null && columnOfNode(name) === columnOfNode(upstream) + 1;
  };
  const labelAbove = (name: string) => (upstreamOf.get(name) ?? null) !== null && !entersFromGutter(name);

  const sites: SiteBox[] = [];
  const nodes: NodeBox[] = [];
  const siteWidth = size.nodeWidth + 2 * SITE_PADDING;
  const columnCount = Math.max(0, ...columns) + 1;
  const heights: number[] = Array.from({ length: columnCount }, () => 0);
  groups.forEach((group, index) => {
    const column = columns[index] ?? 0;
    const x = size.canvasPadding + column * (siteWidth + size.gutterWidth);
    const top = size.canvasPadding + (heights[column] ?? 0);
    let y = top + SITE_HEADER_HEIGHT;
    group.names.forEach((name, position) => {
      if (position > 0) y += NODE_GAP;
      if (labelAbove(name)) y += size.labelHeight + (position === 0 ? NODE_GAP : 0);
      nodes.push({ name, siteKey: group.key, x: x + SITE_PADDING, y, width: size.nodeWidth, height: size.nodeHeight });
      y += size.nodeHeight;
    });
    const height = y + SITE_PADDING - top;
    sites.push({ ...group, x, y: top, width: siteWidth, height });
    heights[column] = (heights[column] ?? 0) + height + SITE_GAP;
  });
  centreColumns(sites, nodes, columnCount);
  return {
    width: 2 * size.canvasPadding + columnCount * siteWidth + (columnCount - 1) * size.gutterWidth,
    height: Math.max(0, ...sites.map((site) => site.y + site.height)) + size.canvasPadding,
    sites,
    nodes,
    links: drawLinks(shape, nodes, entersFromGutter, size),
  };
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

/** Steps between sites, the primary's being 0. By shortest way, so that no stream ever skips a column to the right. */
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
 * Column by column, each site at the height of the nodes that feed it, so that streams cross as little as possible. `groups` and
 * `columns` of the answer belong together.
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

function drawLinks(shape: TopologyShape, nodes: NodeBox[], entersFromGutter: (name: string) => boolean, size: DrawingSize): LinkPath[] {
  const boxes = new Map(nodes.map((node) => [node.name, node]));
  const sources = [...new Set(shape.nodes.filter((node) => entersFromGutter(node.name)).map((node) => node.upstream))];
  return shape.nodes.flatMap((node) => {
    const from = node.upstream === null ? undefined : boxes.get(node.upstream);
    const to = boxes.get(node.name);
    if (from === undefined || to === undefined) return [];
    const ends = { from: from.name, to: to.name };
    if (entersFromGutter(node.name)) {
      const trunk = Math.min(sources.indexOf(node.upstream), TRUNKS_MAX - 1) * TRUNK_STEP;
      return [{ ...ends, ...linkToNextColumn(from, to, trunk, size) }];
    }
    return [{ ...ends, ...linkByRail(from, to, size) }];
  });
}

function linkToNextColumn(from: Box, to: Box, trunk: number, size: DrawingSize): { path: string; label: Box } {
  const end = { x: to.x, y: to.y + to.height / 2 };
  const middle = from.y + from.height / 2;
  // Almost level nodes get a straight line: a step of a few pixels looks like a mistake.
  const start = { x: from.x + from.width, y: Math.abs(end.y - middle) < from.height / 2 - CORNER_RADIUS ? end.y : middle };
  const turnX = start.x + SITE_PADDING + 10 + trunk;
  const label = {
    x: to.x - SITE_PADDING - 14 - size.labelWidth,
    y: end.y - size.labelHeight / 2,
    width: size.labelWidth,
    height: size.labelHeight,
  };
  return { path: steppedPath(start, turnX, end), label };
}

/** Down (or up) along the left side of the column; straight down when the upstream stands right above. */
function linkByRail(from: Box, to: Box, size: DrawingSize): { path: string; label: Box } {
  const label = {
    x: to.x + (to.width - size.labelWidth) / 2,
    y: to.y - size.labelHeight - NODE_GAP / 2,
    width: size.labelWidth,
    height: size.labelHeight,
  };
  const gap = to.y - (from.y + from.height);
  const directlyAbove = from.x === to.x && gap > 0 && gap <= size.labelHeight + 2 * NODE_GAP;
  if (directlyAbove) {
    const x = from.x + from.width / 2;
    return { path: `M ${x} ${from.y + from.height} L ${x} ${to.y}`, label };
  }
  const start = { x: from.x, y: from.y + from.height / 2 };
  const end = { x: to.x, y: to.y + to.height / 2 };
  return { path: steppedPath(start, Math.min(from.x, to.x) - RAIL_OFFSET, end), label };
}

interface Point {
  x: number;
  y: number;
}

/** Across to `turnX`, up or down, and across to the end, with round corners. */
function steppedPath(start: Point, turnX: number, end: Point): string {
  const rise = end.y - start.y;
  if (Math.abs(rise) < 1) return `M ${start.x} ${start.y} L ${end.x} ${end.y}`;
  const radius = Math.min(CORNER_RADIUS, Math.abs(rise) / 2, Math.abs(turnX - start.x), Math.abs(end.x - turnX));
  const vertical = Math.sign(rise) * radius;
  const before = turnX - Math.sign(turnX - start.x) * radius;
  const after = turnX + Math.sign(end.x - turnX) * radius;
  return [
    `M ${start.x} ${start.y} L ${before} ${start.y}`,
    `Q ${turnX} ${start.y} ${turnX} ${start.y + vertical} L ${turnX} ${end.y - vertical}`,
    `Q ${turnX} ${end.y} ${after} ${end.y} L ${end.x} ${end.y}`,
  ].join(' ');
}

/** By code point: the same on every machine, whatever its locale. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
