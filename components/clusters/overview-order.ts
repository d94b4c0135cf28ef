/** Selects and orders the clusters of the overview. Pure. */
import type { UrgencyBand } from '../../lib/domain/topology/urgency.ts';

export type BandFilter = UrgencyBand | 'all';

export interface OverviewEntry {
  slug: string;
  name: string;
  band: UrgencyBand;
  /** Lower case: what the search looks into. */
  searchText: string;
}

/** Those that fit every typed word and the band, in `order`; clusters that `order` does not know yet come last, by name. */
export function chosenEntries<T extends OverviewEntry>(
  entries: readonly T[],
  order: readonly string[],
  typed: string,
  band: BandFilter,
): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const place = new Map(order.map((slug, index) => [slug, index]));
  return entries
    .filter((entry) => (band === 'all' || entry.band === band) && words.every((word) => entry.searchText.includes(word)))
    .sort(
      (a, b) =>
        (place.get(a.slug) ?? Number.MAX_SAFE_INTEGER) - (place.get(b.slug) ?? Number.MAX_SAFE_INTEGER) ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
}
