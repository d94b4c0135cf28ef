/** Orders clusters by which needs attention first. Bands, not figures: a lag that wavers must not make cards change places. */
import type { ClusterSummary } from './summary.ts';

export const URGENCY_BANDS = ['act-now', 'not-known', 'look-soon', 'fine'] as const;
export type UrgencyBand = (typeof URGENCY_BANDS)[number];

/** `null` for a cluster that was never evaluated. */
export function urgencyBand(summary: Pick<ClusterSummary, 'findings' | 'stale' | 'rpo' | 'primary'> | null): UrgencyBand {
  if (summary === null) return 'not-known';
  if (!summary.stale && summary.findings.critical > 0) return 'act-now';
  if (summary.stale || summary.rpo.state === 'unknown' || summary.primary === null) return 'not-known';
  return summary.findings.warning > 0 ? 'look-soon' : 'fine';
}

const rank = (band: UrgencyBand): number => URGENCY_BANDS.indexOf(band);

/** Names in the order of urgency: by band, then by name, so that equal ones never swap. */
export function orderByUrgency(clusters: readonly { slug: string; name: string; band: UrgencyBand }[]): string[] {
  return [...clusters]
    .sort((a, b) => rank(a.band) - rank(b.band) || compareText(a.name, b.name) || compareText(a.slug, b.slug))
    .map(({ slug }) => slug);
}

/** How many clusters stand in each band. */
export function countByBand(bands: readonly UrgencyBand[]): Record<UrgencyBand, number> {
  const counts: Record<UrgencyBand, number> = { 'act-now': 0, 'not-known': 0, 'look-soon': 0, fine: 0 };
  for (const band of bands) counts[band] += 1;
  return counts;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
