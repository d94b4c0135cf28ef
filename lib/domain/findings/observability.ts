/**
 * Whether what an open finding rests on can be seen at all now. What can't be seen is neither worse nor mended: such a finding
 * is held open, because "no sample" is not "all clear".
 */
import type { Finding, FindingCode } from './model.ts';
import type { RuleContext } from './rule.ts';

/** What a code is judged from. Those that are judged from the absence of sight itself are never held. */
type Source =
  | 'always'
  | 'agent'
  | 'postgres'
  | 'upstream'
  | 'stream'
  | 'copy'
  | 'facts'
  | 'facts-and-primary'
  | 'any-node'
  | 'named-nodes'
  | 'wal-listing';

const SOURCES: Record<FindingCode, Source> = {
  'node-not-seen': 'always',
  'server-not-running': 'agent',
  'server-not-responding': 'agent',
  'primary-not-writable': 'postgres',
  'no-primary': 'any-node',
  'two-writable-nodes': 'named-nodes',
  'node-out-of-term': 'postgres',
  'timeline-fork': 'postgres',
  'standby-not-receiving': 'postgres',
  'standby-left-behind': 'postgres',
  'standby-not-seen-by-upstream': 'upstream',
  'replay-stalled': 'postgres',
  'replay-paused': 'postgres',
  'standby-missing': 'copy',
  'wal-removed': 'upstream',
  'slot-inactive': 'postgres',
  'slot-will-be-lost': 'postgres',
  'slot-lost': 'postgres',
  'disk-filling': 'agent',
  'archive-failing': 'postgres',
  'archive-stalled': 'postgres',
  'archive-gap': 'wal-listing',
  'archive-off': 'postgres',
  'sync-standby-missing': 'postgres',
  'tls-off': 'stream',
  'tls-below-1-3': 'stream',
  'certificate-expiring': 'facts',
  'hba-too-wide': 'facts',
  'hba-weak-method': 'facts',
  'replication-superuser': 'postgres',
  'clock-skew': 'agent',
  'version-mismatch': 'facts-and-primary',
  'parameter-mismatch': 'facts-and-primary',
  'collation-mismatch': 'facts-and-primary',
  'system-identifier-mismatch': 'postgres',
  'rewind-not-possible': 'facts',
  'backup-missing': 'any-node',
  'residency-broken': 'always',
  'provider-concentration': 'always',
  'identity-duplicated': 'always',
  'agent-problem': 'facts',
  'agent-unable': 'agent',
  'directory-unusable': 'agent',
  'journal-broken': 'always',
};

export function isObservable(finding: Pick<Finding, 'code' | 'nodeName' | 'subject'>, context: RuleContext): boolean {
  const source = SOURCES[finding.code];
  if (source === 'always') return true;
  const all = [...context.sightings.values()];
  if (source === 'any-node') return all.some(({ fresh }) => fresh);
  if (source === 'wal-listing') return all.some(({ fresh, node }) => fresh && node.facts?.backupRepository?.wal != null);
  if (source === 'named-nodes') {
    const names = finding.subject?.split(', ') ?? [];
    return all.every(({ name, fresh }) => fresh || !names.includes(name));
  }
  const sighting = context.sightings.get(finding.nodeName ?? '');
  // A node that was taken out of the cluster takes its findings with it.
  if (sighting === undefined) return true;
  const link = context.linksTo.get(sighting.name);
  const upstream = context.sightings.get(context.views.get(sighting.name)?.upstream ?? '');
  switch (source) {
    case 'agent':
      return sighting.fresh;
    case 'postgres':
      return sighting.live !== null;
    case 'facts':
      return sighting.fresh && sighting.node.facts !== null;
    case 'facts-and-primary':
      return sighting.live !== null && sighting.node.facts !== null && context.primary !== null;
    case 'upstream':
      return sighting.live !== null && (upstream === undefined || upstream.live !== null);
    case 'stream':
      return link === undefined ? sighting.role === 'primary' : link.encrypted !== null;
    case 'copy':
      return sighting.live !== null || upstream?.live != null;
  }
}
