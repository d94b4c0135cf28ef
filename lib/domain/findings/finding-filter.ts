/** Reads and writes the filter of the findings page in its address. */
import type { Severity } from './model.ts';
import type { FindingCode } from './registry.ts';
import { FINDING_CODES } from './registry.ts';
import type { ClusterFindings, HistoryDays, ListedFinding } from './listing.ts';
import { parseHistoryDays } from './listing.ts';
import { canBeName } from '../topology/slug.ts';

export interface FindingFilter {
  view: 'open' | 'resolved';
  /** `null` = any. */
  cluster: string | null;
  severity: Severity | null;
  code: FindingCode | null;
  acknowledged: 'all' | 'no' | 'yes';
  days: HistoryDays;
}

type Params = Record<string, string | string[] | undefined>;
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];

/** Anything in the address that is not a filter counts as none. */
export function parseFilter(params: Params): FindingFilter {
  const one = (key: string): string | null => (typeof params[key] === 'string' && params[key] !== '' ? params[key] : null);
  const cluster = one('cluster');
  const acknowledged = one('acknowledged');
  return {
    view: one('view') === 'resolved' ? 'resolved' : 'open',
    cluster: cluster !== null && canBeName(cluster) ? cluster : null,
    severity: SEVERITIES.find((severity) => severity === one('severity')) ?? null,
    code: FINDING_CODES.find((code) => code === one('code')) ?? null,
    acknowledged: acknowledged === 'no' || acknowledged === 'yes' ? acknowledged : 'all',
    days: parseHistoryDays(one('days')),
  };
}

/** The address of a filter; what is not filtered is left out. */
export function filterPath(filter: FindingFilter): string {
  const query = new URLSearchParams();
  if (filter.view === 'resolved') query.set('view', 'resolved');
  if (filter.cluster !== null) query.set('cluster', filter.cluster);
  if (filter.severity !== null) query.set('severity', filter.severity);
  if (filter.code !== null) query.set('code', filter.code);
  if (filter.acknowledged !== 'all') query.set('acknowledged', filter.acknowledged);
  if (filter.days !== 30) query.set('days', String(filter.days));
  return query.size === 0 ? '/findings' : `/findings?${query}`;
}

type About = { cluster: string; severity: Severity; code: FindingCode };

export function isShown(filter: FindingFilter, about: About, isAcknowledged: boolean): boolean {
  return (
    (filter.cluster === null || filter.cluster === about.cluster) &&
    (filter.severity === null || filter.severity === about.severity) &&
    (filter.code === null || filter.code === about.code) &&
    (filter.acknowledged === 'all' || (filter.acknowledged === 'yes') === isAcknowledged)
  );
}

/** A group of one cluster with what the filter leaves of it. */
export interface ShownGroup {
  cluster: Pick<ClusterFindings, 'slug' | 'name' | 'computedAt'>;
  key: string;
  title: string;
  rootId: string | null;
  findings: ListedFinding[];
  /** Every finding of it that is shown is acknowledged. */
  acknowledged: boolean;
}

export function shownGroups(filter: FindingFilter, clusters: readonly ClusterFindings[]): ShownGroup[] {
  return clusters.flatMap(({ slug, name, computedAt, groups }) =>
    groups.flatMap(({ key, title, rootId, findings }) => {
      const shown = findings.filter((finding) => isShown(filter, { cluster: slug, ...finding }, finding.acknowledgement !== null));
      if (shown.length === 0) return [];
      const acknowledged = shown.every((finding) => finding.acknowledgement !== null);
      return [{ cluster: { slug, name, computedAt }, key: `${slug} ${key}`, title, rootId, findings: shown, acknowledged }];
    }),
  );
}
