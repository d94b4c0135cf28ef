/** Routes the streams of a topology between the placed nodes. Pure. */
import { NODE_GAP, SITE_HEADER_HEIGHT, SITE_PADDING } from './layout-size.ts';
import type { DrawingSize } from './layout-size.ts';
import type { Box, LinkPath, TopologyShape } from './layout-shape.ts';

/** Streams from different nodes rise in the gutter side by side, not on top of each other. */
const TRUNK_STEP = 7;
const TRUNKS_MAX = 4;
/** From what stands left of a gutter to its first trunk. */
const TRUNK_OFFSET = 10;
const CORNER_RADIUS = 8;
/** How far left of a node a stream inside its column runs. */
const RAIL_OFFSET = 9;
/** Between a label and what stands right of it. */
const LABEL_GAP = 14;
/** Below the words of a site's header and above its first nodes, a stream crosses the site from column to column. */
const LANE_OFFSET = SITE_HEADER_HEIGHT - 5;

/** A node that was placed. A site with many nodes has columns of its own, with gutters between them. */
export interface Place {
  box: Box;
  siteKey: string;
  siteTop: number;
  /** Column of its site, and the right edge of the widest site in it. */
  column: number;
  columnRight: number;
  /** Column within the site. */
  inner: number;
  isLastInner: boolean;
}

interface Point {
  x: number;
  y: number;
}

/** True if the stream enters through the gutter on the left of its column, where its label is then drawn. */
export const entersFromGutter = (from: Pick<Place, 'column'>, to: Pick<Place, 'column'>): boolean => to.column === from.column + 1;

export function drawLinks(shape: TopologyShape, places: ReadonlyMap<string, Place>, size: DrawingSize): LinkPath[] {
  const ends = shape.nodes.flatMap(({ name, upstream }) => {
    const [from, to] = [places.get(upstream ?? ''), places.get(name)];
    return upstream === null || from === undefined || to === undefined ? [] : [{ upstream, name, from, to }];
  });
  const throughGutter = ({ from, to }: { from: Place; to: Place }) => entersFromGutter(from, to) || to.inner > 0;
  const sources = [...new Set(ends.filter(throughGutter).map(({ upstream }) => upstream))];
  return ends.map(({ upstream, name, from, to }) => {
    const trunk = TRUNK_OFFSET + Math.min(Math.max(0, sources.indexOf(upstream)), TRUNKS_MAX - 1) * TRUNK_STEP;
    const points = entersFromGutter(from, to)
      ? wayToNextColumn(from, to, trunk, size)
      : to.inner > 0
        ? wayToInnerColumn(from, to, trunk, size)
        : wayByRail(from, to, size);
    return { from: upstream, to: name, path: roundedPath(points), label: labelOf(from, to, size) };
  });
}

/** Left of the node where there is a gutter, otherwise above it. */
function labelOf(from: Place, to: Place, size: DrawingSize): Box {
  const { labelWidth: width, labelHeight: height } = size;
  const { x, y } = to.box;
  const isBeside = to.inner > 0 || entersFromGutter(from, to);
  if (!isBeside) return { x: x + (to.box.width - width) / 2, y: y - height - NODE_GAP / 2, width, height };
  const left = to.inner > 0 ? x : x - SITE_PADDING;
  return { x: left - LABEL_GAP - width, y: middleOf(to.box) - height / 2, width, height };
}

function wayToNextColumn(from: Place, to: Place, trunk: number, size: DrawingSize): Point[] {
  const end = { x: to.box.x, y: middleOf(to.box) };
  const gutter = from.columnRight + trunk;
  const level = middleOf(from.box);
  const isSimple = from.isLastInner && to.inner === 0;
  // Almost level nodes get a straight line: a step of a few pixels looks like a mistake.
  const isLevel = isSimple && Math.abs(end.y - level) < from.box.height / 2 - CORNER_RADIUS;
  const start = { x: rightOf(from.box), y: isLevel ? end.y : level };
  return [start, ...(from.isLastInner ? [] : upToLane(from, trunk)), { x: gutter, y: 0 }, ...downFromLane(to, trunk, size), end];
}

/** To a node that stands further right in its own site, or in a site of the same column or one further left. */
function wayToInnerColumn(from: Place, to: Place, trunk: number, size: DrawingSize): Point[] {
  const end = { x: to.box.x, y: middleOf(to.box) };
  const right = { x: rightOf(from.box), y: middleOf(from.box) };
  const isSameSite = from.siteKey === to.siteKey;
  if (isSameSite && to.inner === from.inner + 1) return [right, { x: innerGutter(to, trunk, size), y: 0 }, end];
  if (isSameSite) return [right, ...upToLane(from, trunk), { x: innerGutter(to, trunk, size), y: 0 }, end];
  const rail = { x: railX(from, to, size), y: 0 };
  const start = from.inner === 0 ? [{ x: from.box.x, y: right.y }] : [right, ...upToLane(from, trunk)];
  return [...start, rail, ...downFromLane(to, trunk, size), end];
}

/** Down (or up) along the left side of the column; straight down when the upstream stands right above. */
function wayByRail(from: Place, to: Place, size: DrawingSize): Point[] {
  const gap = to.box.y - (from.box.y + from.box.height);
  if (from.box.x === to.box.x && gap > 0 && gap <= size.labelHeight + 2 * NODE_GAP) {
    const x = from.box.x + from.box.width / 2;
    return [
      { x, y: from.box.y + from.box.height },
      { x, y: to.box.y },
    ];
  }
  const rail = { x: railX(from, to, size), y: 0 };
  const start =
    from.inner === 0 ? [{ x: from.box.x, y: middleOf(from.box) }] : [{ x: rightOf(from.box), y: middleOf(from.box) }, ...upToLane(from, 0)];
  return [...start, rail, { x: to.box.x, y: middleOf(to.box) }];
}

/** Into the gutter on the right (of the last column: into the site's own edge), up to the lane. Only `x` of a turn counts, or only `y`. */
function upToLane(from: Place, trunk: number): Point[] {
  const x = from.isLastInner ? rightOf(from.box) + SITE_PADDING / 2 : rightOf(from.box) + trunk;
  return [{ x, y: 0 }, laneOf(from)];
}

const downFromLane = (to: Place, trunk: number, size: DrawingSize): Point[] =>
  to.inner === 0 ? [] : [laneOf(to), { x: innerGutter(to, trunk, size), y: 0 }];

/** Left of the first columns of both sites. */
const railX = (from: Place, to: Place, { gutterWidth }: DrawingSize): number =>
  Math.min(...[from, to].map(({ box, inner }) => box.x - inner * (box.width + gutterWidth))) - RAIL_OFFSET;
const laneOf = ({ siteTop }: Place): Point => ({ x: 0, y: siteTop + LANE_OFFSET });
const innerGutter = ({ box }: Place, trunk: number, { gutterWidth }: DrawingSize): number => box.x - gutterWidth + trunk;
const rightOf = ({ x, width }: Box): number => x + width;
const middleOf = ({ y, height }: Box): number => y + height / 2;

/**
 * From the first point to the last, across and up or down in turn. Between them, every other point gives the `x` of a way up or down,
 * and those between give the `y` of a way across. Corners are round.
 */
function roundedPath(turns: readonly Point[]): string {
  const [start, ...rest] = turns;
  const end = rest.pop();
  if (start === undefined || end === undefined) return '';
  if (rest.length === 0) return `M ${start.x} ${start.y} L ${end.x} ${end.y}`;
  const corners: Point[] = [start];
  rest.forEach(({ x, y }, index) => {
    const before = corners.at(-1)!;
    corners.push(index % 2 === 0 ? { x, y: before.y } : { x: before.x, y });
  });
  corners.push({ x: corners.at(-1)!.x, y: end.y }, end);
  const way = corners.filter((point, index) => index === 0 || distance(point, corners[index - 1]!) >= 1);
  const parts = [`M ${start.x} ${start.y}`];
  for (let index = 1; index < way.length; index += 1) {
    const [before, corner, after] = [way[index - 1]!, way[index]!, way[index + 1]];
    if (after === undefined || isStraight(before, corner, after)) {
      parts.push(`L ${corner.x} ${corner.y}`);
      continue;
    }
    const radius = Math.min(CORNER_RADIUS, distance(before, corner) / 2, distance(corner, after) / 2);
    const entry = towards(corner, before, radius);
    const exit = towards(corner, after, radius);
    parts.push(`L ${entry.x} ${entry.y} Q ${corner.x} ${corner.y} ${exit.x} ${exit.y}`);
  }
  return parts.join(' ');
}

const distance = (a: Point, b: Point): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
const isStraight = (a: Point, b: Point, c: Point): boolean => (a.x === b.x && b.x === c.x) || (a.y === b.y && b.y === c.y);
/** The point that lies `length` from `from` on the straight way to `to`, which goes across or up or down. */
const towards = (from: Point, to: Point, length: number): Point => ({
  x: from.x + Math.sign(to.x - from.x) * length,
  y: from.y + Math.sign(to.y - from.y) * length,
});
