/** Finds what the command palette lists for the typed text. Pure. */

export interface PaletteEntry {
  id: string;
  kind: 'page' | 'cluster' | 'node' | 'operation' | 'action';
  label: string;
  /** Told apart by: the cluster of a node, what a page is about. */
  detail: string;
  href: string;
}

/** More than fits a screen only hides what was meant. */
export const RESULTS_MAX = 40;
const KIND_RANK: Record<PaletteEntry['kind'], number> = { page: 0, operation: 1, cluster: 2, node: 3, action: 4 };

/** Every typed word must occur; entries whose name begins with it come first. Without a word: pages, operations in progress, then clusters. */
export function searchPalette(entries: readonly PaletteEntry[], typed: string): PaletteEntry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries.filter((entry) => entry.kind !== 'node' && !entry.id.includes('#')).slice(0, RESULTS_MAX);
  return entries
    .flatMap((entry) => {
      const score = scoreOf(entry, words);
      return score === null ? [] : [{ entry, score }];
    })
    .sort(
      (a, b) =>
        a.score - b.score ||
        KIND_RANK[a.entry.kind] - KIND_RANK[b.entry.kind] ||
        a.entry.label.length - b.entry.label.length ||
        (a.entry.label < b.entry.label ? -1 : a.entry.label > b.entry.label ? 1 : 0),
    )
    .slice(0, RESULTS_MAX)
    .map(({ entry }) => entry);
}

const PAGE_ROWS = 8;

/** The entry that was chosen by name stays chosen when the list changes around it; else the first. -1 in an empty list. */
export function indexOfChosen(list: readonly PaletteEntry[], chosen: string | null): number {
  const index = list.findIndex(({ id }) => id === chosen);
  return index < 0 ? Math.min(0, list.length - 1) : index;
}

/** @returns the id of the entry that a key moves to; `null` for a key that moves nothing. Arrows go round at the ends, pages stop there. */
export function moveChoice(list: readonly PaletteEntry[], chosen: string | null, key: string): string | null {
  const at = indexOfChosen(list, chosen);
  const last = list.length - 1;
  const next: Record<string, number> = {
    ArrowDown: at >= last ? 0 : at + 1,
    ArrowUp: at <= 0 ? last : at - 1,
    PageDown: Math.min(last, at + PAGE_ROWS),
    PageUp: Math.max(0, at - PAGE_ROWS),
  };
  return list[next[key] ?? -1]?.id ?? null;
}

/** 0 is best; `null` = does not match. */
function scoreOf(entry: PaletteEntry, words: readonly string[]): number | null {
  const label = entry.label.toLowerCase();
  const detail = entry.detail.toLowerCase();
  let total = 0;
  for (const word of words) {
    if (label.startsWith(word)) total += 0;
    else if (new RegExp(`[^\\p{L}\\p{N}]${escapeForPattern(word)}`, 'u').test(label)) total += 1;
    else if (label.includes(word)) total += 2;
    else if (detail.includes(word)) total += 3;
    else return null;
  }
  return total;
}

const escapeForPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
