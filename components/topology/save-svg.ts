'use client';
import { hiddenFaces, pictureFaces } from './picture.ts';
import { PALETTE_NAMES, topologySvg } from './svg-export.ts';
import type { Palette } from './svg-export.ts';
import type { Picture } from './topology-graph.tsx';

const REVOKE_AFTER_MS = 10_000;

/** Saves the picture, in the colours of the page as it is now, as a file of the browser's downloads. `hide` takes names out of texts. */
export function saveSvg(picture: Picture, hide: (text: string) => string): void {
  const at = new Date(picture.nowMs).toISOString();
  const svg = topologySvg(
    {
      layout: picture.layout,
      faces: hiddenFaces(pictureFaces(picture), hide),
      title: hide(picture.view.name),
      at: `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`,
    },
    presentPalette(),
  );
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `topology-${fileName(hide(picture.view.name))}-${at.slice(0, 19).replace(/[-:]/g, '')}Z.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}

const fileName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60) || 'cluster';

/** Colours are resolved by an element that uses them: the variables themselves hold `light-dark(…)`. */
function presentPalette(): Palette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = Object.fromEntries(PALETTE_NAMES.map((name) => [name, colour(name)])) as Palette;
  probe.remove();
  return palette;
}
