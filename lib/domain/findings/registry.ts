/** Lists every finding, in the order in which screens offer them. A new one is its module and a line here. */
import type { FindingKind } from './finding-kind.ts';
import { agentProblem } from './kinds/agent/agent-problem.ts';
import { agentStateUnwritable } from './kinds/agent/agent-state-unwritable.ts';
import { agentUnable } from './kinds/agent/agent-unable.ts';
import { archiveFailing } from './kinds/archive/archive-failing.ts';
import { archiveGap } from './kinds/archive/archive-gap.ts';
import { archiveOff } from './kinds/archive/archive-off.ts';
import { archiveStalled } from './kinds/archive/archive-stalled.ts';
import { backupMissing } from './kinds/archive/backup-missing.ts';
import { certificateExpiring } from './kinds/security/certificate-expiring.ts';
import { clockSkew } from './kinds/agent/clock-skew.ts';
import { collationMismatch } from './kinds/parity/collation-mismatch.ts';
import { directoryUnusable } from './kinds/agent/directory-unusable.ts';
import { diskFilling } from './kinds/storage/disk-filling.ts';
import { hbaTooWide } from './kinds/security/hba-too-wide.ts';
import { hbaWeakMethod } from './kinds/security/hba-weak-method.ts';
import { identityDuplicated } from './kinds/agent/identity-duplicated.ts';
import { journalBroken } from './kinds/agent/journal-broken.ts';
import { noPrimary } from './kinds/leadership/no-primary.ts';
import { observationIncomplete } from './kinds/agent/observation-incomplete.ts';
import { nodeNotSeen } from './kinds/presence/node-not-seen.ts';
import { nodeOutOfTerm } from './kinds/leadership/node-out-of-term.ts';
import { parameterMismatch } from './kinds/parity/parameter-mismatch.ts';
import { promotedOutside } from './kinds/leadership/promoted-outside.ts';
import { primaryNotWritable } from './kinds/leadership/primary-not-writable.ts';
import { providerConcentration } from './kinds/placement/provider-concentration.ts';
import { replayPaused } from './kinds/streaming/replay-paused.ts';
import { replayStalled } from './kinds/streaming/replay-stalled.ts';
import { replicationSuperuser } from './kinds/security/replication-superuser.ts';
import { residencyBroken } from './kinds/placement/residency-broken.ts';
import { rewindNotPossible } from './kinds/parity/rewind-not-possible.ts';
import { serverNotResponding } from './kinds/presence/server-not-responding.ts';
import { serverNotRunning } from './kinds/presence/server-not-running.ts';
import { slotInactive } from './kinds/storage/slot-inactive.ts';
import { slotLost } from './kinds/storage/slot-lost.ts';
import { slotWillBeLost } from './kinds/storage/slot-will-be-lost.ts';
import { standbyLeftBehind } from './kinds/streaming/standby-left-behind.ts';
import { standbyMissing } from './kinds/streaming/standby-missing.ts';
import { standbyNotReceiving } from './kinds/streaming/standby-not-receiving.ts';
import { standbyNotSeenByUpstream } from './kinds/streaming/standby-not-seen-by-upstream.ts';
import { syncStandbyMissing } from './kinds/streaming/sync-standby-missing.ts';
import { systemIdentifierMismatch } from './kinds/parity/system-identifier-mismatch.ts';
import { timelineFork } from './kinds/leadership/timeline-fork.ts';
import { tlsBelow13 } from './kinds/security/tls-below-1-3.ts';
import { tlsOff } from './kinds/security/tls-off.ts';
import { twoWritableNodes } from './kinds/leadership/two-writable-nodes.ts';
import { versionMismatch } from './kinds/parity/version-mismatch.ts';
import { walRemoved } from './kinds/streaming/wal-removed.ts';

export const FINDING_KINDS = [
  nodeNotSeen,
  serverNotRunning,
  serverNotResponding,
  primaryNotWritable,
  noPrimary,
  twoWritableNodes,
  nodeOutOfTerm,
  promotedOutside,
  timelineFork,
  standbyNotReceiving,
  standbyLeftBehind,
  standbyNotSeenByUpstream,
  replayStalled,
  replayPaused,
  standbyMissing,
  walRemoved,
  slotInactive,
  slotWillBeLost,
  slotLost,
  diskFilling,
  archiveFailing,
  archiveStalled,
  archiveGap,
  archiveOff,
  syncStandbyMissing,
  tlsOff,
  tlsBelow13,
  certificateExpiring,
  hbaTooWide,
  hbaWeakMethod,
  replicationSuperuser,
  clockSkew,
  versionMismatch,
  parameterMismatch,
  collationMismatch,
  systemIdentifierMismatch,
  rewindNotPossible,
  backupMissing,
  residencyBroken,
  providerConcentration,
  identityDuplicated,
  agentProblem,
  agentUnable,
  agentStateUnwritable,
  observationIncomplete,
  directoryUnusable,
  journalBroken,
] as const;

/** A code is stable: screens, alerts, the API and evidence refer to it. */
export type FindingCode = (typeof FINDING_KINDS)[number]['code'];

export const FINDING_CODES: readonly FindingCode[] = FINDING_KINDS.map(({ code }) => code);

const BY_CODE = Object.fromEntries(FINDING_KINDS.map((kind) => [kind.code, kind])) as Record<FindingCode, FindingKind>;

export function findingKind(code: FindingCode): FindingKind {
  return BY_CODE[code];
}
