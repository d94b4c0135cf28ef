/** Finds a cluster without a recent usable backup. Any node that can read the repository speaks for it. */
import type { BackupRepository } from '../../../../agent-contract/facts.ts';
import { formatDuration } from '../../../format/duration.ts';
import { ageMs, isYoungerThan } from '../../../time/age.ts';
import { noCause } from '../../cause-look.ts';
import { text, count, instant } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { TWO_READINGS_OF_FACTS } from '../../hysteresis-policy.ts';
import type { FindingCandidate } from '../../model.ts';
import { noOperation } from '../../next-operation.ts';
import { anyNodeSeen } from '../../observability.ts';

/** A weekly backup with a day's grace. */
export const BACKUP_AGE_MAX_MS = 8 * 24 * 3_600_000;

export const backupMissing: FindingKind<'backup-missing'> = {
  code: 'backup-missing',
  title: 'No usable backup',
  impact: 'A dropped table, or damage replicated to every copy, could not be undone.',
  likelyCauses: ['No backup was taken, or none recently.', 'The repository can’t be read.', 'The last backups failed.'],
  nextAction: 'Take a backup now: `pgbackrest --stanza=… backup --type=full`, then check `pgbackrest info`.',
  subject: null,
  hysteresis: TWO_READINGS_OF_FACTS,
  concludedFromSilence: false,
  isObservable: anyNodeSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  /** About the cluster: any node that can read the repository speaks for it. */
  rule: ({ sightings, nowMs }) => {
    const known = [...sightings.values()].filter(({ fresh, node }) => fresh && node.facts !== null);
    if (known.length === 0) return [];
    const repositories = known.flatMap(({ node }) => node.facts!.backupRepository ?? []);
    const problem = problemOf(repositories, nowMs);
    return problem === null ? [] : [{ nodeName: null, subject: null, ...problem }];
  },
};

function problemOf(
  repositories: readonly BackupRepository[],
  nowMs: number,
): Pick<FindingCandidate, 'severity' | 'summary' | 'evidence'> | null {
  const readable = repositories.filter((repository) => repository.readable);
  const first = repositories[0];
  if (first === undefined) {
    return { severity: 'warning', summary: 'No agent of this cluster is configured with a backup repository.', evidence: {} };
  }
  if (readable.length === 0) {
    const summary = `The backup repository (stanza ${first.stanza}) can’t be read: ${first.message ?? 'no reason given'}.`;
    return { severity: 'warning', summary, evidence: { stanza: text(first.stanza), message: text(first.message) } };
  }
  const backups = readable.flatMap((repository) => repository.backups);
  const usable = backups.filter((backup) => !backup.failed).sort((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt));
  const newest = usable[0];
  const evidence = {
    stanza: text(readable[0]!.stanza),
    usableBackups: count(usable.length),
    failedBackups: count(backups.length - usable.length),
    newestFinishedAt: instant(newest?.finishedAt ?? null),
  };
  if (newest === undefined) return { severity: 'critical', summary: 'This cluster has no usable backup.', evidence };
  if (isYoungerThan(newest.finishedAt, BACKUP_AGE_MAX_MS, nowMs)) return null;
  const age = ageMs(newest.finishedAt, nowMs);
  const summary =
    age === null
      ? 'The newest backup is dated in the future.'
      : `The newest backup is ${formatDuration(age)} old (limit ${formatDuration(BACKUP_AGE_MAX_MS)}).`;
  return { severity: 'warning', summary, evidence };
}
