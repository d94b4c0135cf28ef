/** Finds a volume that is low on free space, or that WAL fills soon. */
import { formatMinutes } from '../../../format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatPercent } from '../../../format/quantity.ts';
import {
  FREE_CRITICAL,
  FREE_WARNING,
  isKeepingWal,
  mostRetaining,
  ratesOf,
  runwayOf,
  urgencyOfRunway,
  walVolumeOf,
  urgencyOfFreeSpace,
} from '../../../slots/assessment.ts';
import { bytes, count, text } from '../../evidence-values.ts';
import type { Severity } from '../../model.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { noOperation } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import type { Sighting } from '../../../topology/sighting.ts';
import { perNode } from '../../rule.ts';
import type { SaidOfNode } from '../../rule.ts';
import { worse } from '../../severity.ts';
import { forecastEvidence } from './forecast-evidence.ts';

export const diskFilling: FindingKind<'disk-filling'> = {
  code: 'disk-filling',
  title: 'Disk is filling',
  impact: 'When it is full, PostgreSQL stops with a PANIC and can’t start until space is freed.',
  likelyCauses: ['A slot without an active consumer retains WAL.', 'Archiving fails, so WAL can’t be recycled.', 'The data grows.'],
  nextAction:
    'Fix what retains the WAL (see slot and archive findings of {node}), or enlarge the volume. Never delete files in pg_wal by hand.',
  subject: 'volume',
  hysteresis: { openAfter: 3, of: 4, clearAfter: 15 },
  concludedFromSilence: false,
  isObservable: agentSeen,
  explains: ['full-disk'],
  cause: (finding, look) => look.find(['slot'], look.on(finding.nodeName)) ?? look.find(['archive-backlog'], look.on(finding.nodeName)),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode((sighting, context) => {
    const rates = ratesOf(sighting, context.nowMs);
    const volumes = sighting.observation?.volumes ?? [];
    const wal = walVolumeOf(volumes);
    const ofServer = volumes.flatMap((volume) => {
      const forecast = volume === wal && isKeepingWal(sighting, context) ? urgencyOfRunway(runwayOf(sighting, null, rates())) : null;
      const severity = worse(urgencyOfFreeSpace(volume), forecast);
      if (severity === null) return [];
      const left = runwayOf(sighting, null, rates()).diskFullAtPresentMinutes;
      const share = formatPercent(volume.freeBytes / Math.max(1, volume.sizeBytes));
      const until =
        forecast === null || left === null ? '' : `; it is full in ${formatMinutes(left)} at ${formatBytesPerSecond(rates().present)}`;
      return [
        {
          severity,
          subject: volume.purpose,
          summary: `The ${volume.purpose === 'wal' ? 'WAL' : 'data'} volume of ${sighting.name} has ${formatBytes(volume.freeBytes)} (${share}) free${limitOf(severity, volume)}${until}.`,
          evidence: {
            free: bytes(volume.freeBytes),
            size: bytes(volume.sizeBytes),
            mountPoint: text(volume.mountPoint),
            ...(volume === wal ? forecastEvidence(sighting, mostRetaining(sighting.live), rates()) : {}),
          },
        },
      ];
    });
    return [...ofServer, ...ofTablespaces(sighting)];
  }),
};

/** The limit that free space has crossed; nothing where only the forecast counts. */
function limitOf(severity: Severity, volume: { freeBytes: number; sizeBytes: number }): string {
  if (urgencyOfFreeSpace(volume) !== severity) return '';
  const { fraction, bytes: least } = severity === 'critical' ? FREE_CRITICAL : FREE_WARNING;
  return ` (limit ${formatBytes(Math.min(volume.sizeBytes * fraction, least))})`;
}

/** No WAL goes there: free space alone counts. */
function ofTablespaces({ name, observation }: Sighting): SaidOfNode[] {
  const { volumes = [], more = 0 } = observation?.tablespaces ?? {};
  return volumes.flatMap(({ mountPoint, freeBytes, sizeBytes }) => {
    const severity = urgencyOfFreeSpace({ freeBytes, sizeBytes });
    if (severity === null) return [];
    const share = formatPercent(freeBytes / Math.max(1, sizeBytes));
    return [
      {
        severity,
        subject: `tablespaces at ${mountPoint}`,
        summary: `The tablespace volume ${mountPoint} of ${name} has ${formatBytes(freeBytes)} (${share}) free${limitOf(severity, { freeBytes, sizeBytes })}.`,
        evidence: {
          free: bytes(freeBytes),
          size: bytes(sizeBytes),
          mountPoint: text(mountPoint),
          ...(more === 0 ? {} : { otherTablespacesUnknown: count(more) }),
        },
      },
    ];
  });
}
