/** Writes the topology as plain SVG: no script, no style sheet, every text inert. Pure. */
import { inertText } from '../../lib/domain/format/inert-text.ts';
import { providerName } from '../status/words.ts';
import type { StateTone } from '../status/words.ts';
import type { GroupFace, LinkFace, NodeFace } from './faces.ts';
import type { Box, TopologyLayout } from './layout-shape.ts';
import type { PictureFaces } from './picture.ts';

/** Colours by their names in globals.css; the caller reads what holds now. */
export type Palette = Record<'canvas' | 'surface' | 'raised' | 'line' | 'text' | 'muted' | StateTone, string>;
export const PALETTE_NAMES = ['canvas', 'surface', 'raised', 'line', 'text', 'muted', 'good', 'warn', 'bad', 'info', 'unknown'] as const;

const TITLE_HEIGHT = 40;
/** A share of the font size. The viewer's font is unknown: a text that may be wider than its box is squeezed into it. */
const CHARACTER_WIDTH = 0.56;
/** Beyond this share of its width a text is cut: narrower letters could not be read. */
const SQUEEZE_MAX = 1.4;
const DASHES: Record<StateTone, string> = { good: '', info: '', warn: '9 4', bad: '3 5', unknown: '1 5' };

export function topologySvg(picture: { layout: TopologyLayout; faces: PictureFaces; title: string; at: string }, palette: Palette): string {
  const { layout, faces } = picture;
  const height = layout.height + TITLE_HEIGHT;
  const parts = [
    `<rect width="${layout.width}" height="${height}" fill="${attribute(palette.canvas)}"/>`,
    text(24, 26, `${picture.title} · ${picture.at}`, { size: 14, bold: true, fill: palette.text, width: layout.width - 48 }),
    `<g transform="translate(0 ${TITLE_HEIGHT})">`,
    ...layout.sites.flatMap((site) => [
      box(site, palette.raised, palette.line, 8),
      text(site.x + 16, site.y + 23, `${providerName(site.provider)}  ${site.region}  ${site.jurisdictions.join(', ')}`, {
        ...{ size: 12, bold: true, fill: palette.text, width: site.width - 32 },
      }),
    ]),
    ...layout.links.map((link, index) => {
      const tone = faces.links[index]?.tone ?? 'unknown';
      const dash = DASHES[tone] === '' ? '' : ` stroke-dasharray="${DASHES[tone]}"`;
      return `<path d="${attribute(link.path)}" fill="none" stroke="${attribute(palette[tone])}" stroke-width="2" stroke-linecap="round"${dash} marker-end="url(#arrow-${tone})"/>`;
    }),
    ...layout.links.map((link, index) => linkLabel(link.label, faces.links[index], palette)),
    ...layout.nodes.map((node) => {
      const group = faces.groups.get(node.name);
      const face = faces.nodes.get(node.name);
      return group !== undefined ? groupCard(node, group, palette) : face === undefined ? '' : nodeCard(node, face, palette);
    }),
    '</g>',
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${layout.width}" height="${height}" viewBox="0 0 ${layout.width} ${height}" font-family="Inter, system-ui, sans-serif">`,
    `<title>${content(picture.title)}</title>`,
    `<defs>${(Object.keys(DASHES) as StateTone[]).map((tone) => arrow(tone, palette)).join('')}</defs>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

function arrow(tone: StateTone, palette: Palette): string {
  return `<marker id="arrow-${tone}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 .5 8 4 0 7.5Z" fill="${attribute(palette[tone])}"/></marker>`;
}

function linkLabel(at: Box, face: LinkFace | undefined, palette: Palette): string {
  if (face === undefined) return '';
  const lines = [face.state, face.terms, face.lag, face.flow];
  return [
    box(at, palette.canvas, palette.line, 4),
    ...lines.map((line, index) =>
      text(at.x + 8, at.y + 15 + index * 15, line, {
        ...{ size: 11, bold: index === 0, fill: index === 0 ? palette[face.tone] : palette.muted, width: at.width - 16 },
      }),
    ),
  ].join('');
}

function nodeCard(at: Box, face: NodeFace, palette: Palette): string {
  const width = at.width - 28;
  return [
    card(at, face.tone, palette),
    text(at.x + 14, at.y + 21, face.name, { size: 13, bold: true, fill: palette.text, width }),
    text(at.x + 14, at.y + 38, `${face.state} · ${face.role} · ${face.timeline}`, {
      size: 12,
      bold: true,
      fill: palette[face.tone],
      width,
    }),
    text(at.x + 14, at.y + 56, face.first, { size: 12, bold: false, fill: palette.text, width }),
    text(at.x + 14, at.y + 73, face.age ?? face.second, { size: 12, bold: false, fill: palette.muted, width }),
    text(at.x + 14, at.y + 93, [face.diskText, ...findingWords(face)].join(' · '), { size: 11, bold: false, fill: palette.muted, width }),
  ].join('');
}

function groupCard(at: Box, face: GroupFace, palette: Palette): string {
  const width = at.width - 28;
  return [
    card(at, face.tone, palette),
    text(at.x + 14, at.y + 21, face.title, { size: 13, bold: true, fill: palette.text, width }),
    text(at.x + 14, at.y + 42, face.states, { size: 12, bold: true, fill: palette[face.tone], width }),
    text(at.x + 14, at.y + 62, face.lag, { size: 12, bold: false, fill: palette.muted, width }),
    text(at.x + 14, at.y + 82, findingWords(face).join(''), { size: 12, bold: false, fill: palette.muted, width }),
  ].join('');
}

const findingWords = ({ findingCount }: { findingCount: number }): string[] =>
  findingCount === 0 ? [] : [`${findingCount} ${findingCount === 1 ? 'finding' : 'findings'}`];

function card(at: Box, tone: StateTone, palette: Palette): string {
  const edge = `<rect x="${at.x}" y="${at.y}" width="5" height="${at.height}" rx="2" fill="${attribute(palette[tone])}"/>`;
  return box(at, palette.surface, palette.line, 6) + edge;
}

function box(at: Box, fill: string, stroke: string, radius: number): string {
  return `<rect x="${at.x}" y="${at.y}" width="${at.width}" height="${at.height}" rx="${radius}" fill="${attribute(fill)}" stroke="${attribute(stroke)}"/>`;
}

function text(x: number, y: number, words: string, style: { size: number; bold: boolean; fill: string; width: number }): string {
  const most = Math.max(1, Math.floor(style.width / (style.size * CHARACTER_WIDTH)));
  const characters = [...words];
  const fits = characters.length <= most;
  const longest = Math.floor(most * SQUEEZE_MAX);
  const shown = characters.length <= longest ? words : `${characters.slice(0, longest - 1).join('')}…`;
  const squeeze = fits ? '' : ` textLength="${style.width}" lengthAdjust="spacingAndGlyphs"`;
  const weight = style.bold ? ' font-weight="600"' : '';
  return `<text x="${x}" y="${y}" font-size="${style.size}"${weight}${squeeze} fill="${attribute(style.fill)}" unicode-bidi="isolate">${content(shown)}</text>`;
}

const content = (words: string): string =>
  inertText(words)
    // Characters that XML can't hold, such as halves of surrogate pairs.
    .replace(/[\ud800-\udfff\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
const attribute = (words: string): string => content(words).replaceAll('"', '&quot;').replaceAll("'", '&apos;');
