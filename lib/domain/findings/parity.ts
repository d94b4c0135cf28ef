/** Rules about what must be alike on a primary and its standbys, and what a rewind needs. */
import type { NodeFacts } from '../../agent-contract/facts.ts';
import { formatDuration } from '../format/duration.ts';
import type { Evidence, FindingCandidate } from './model.ts';
import type { Rule } from './rule.ts';
import { factsRule, nodeRule, settingOf } from './rule.ts';

/** PostgreSQL refuses to replay past a primary that allows more of these than the standby does. */
export const PARAMETERS_NOT_BELOW_PRIMARY = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
] as const;
const CLOCK_SKEW_WARNING_MS = 1_000;
const CLOCK_SKEW_CRITICAL_MS = 5_000;

const text = (value: string | null): Evidence => ({ kind: 'text', value });

const versionMismatch = nodeRule('version-mismatch', (standby, { primary }) => {
  const mine = standby.live;
  const theirs = primary?.live ?? null;
  if (mine === null || theirs === null || standby === primary) return [];
  const found: Omit<FindingCandidate, 'code' | 'nodeName'>[] = [];
  if (mine.serverVersionNumber !== theirs.serverVersionNumber) {
    const isMajor = majorOf(mine.serverVersionNumber) !== majorOf(theirs.serverVersionNumber);
    const versions = { own: text(versionText(mine.serverVersionNumber)), primary: text(versionText(theirs.serverVersionNumber)) };
    found.push({
      severity: isMajor ? 'critical' : 'warning',
      subject: null,
      summary: `${standby.name} runs PostgreSQL ${versions.own.value}, the primary ${primary!.name} runs ${versions.primary.value}.`,
      evidence: versions,
    });
  }
  const [own, primarys] = [standby.node.facts?.architecture, primary!.node.facts?.architecture];
  if (own !== undefined && primarys !== undefined && own !== primarys) {
    found.push({
      severity: 'critical',
      subject: 'architecture',
      summary: `${standby.name} is ${own}, the primary ${primary!.name} is ${primarys}: physical replication needs the same architecture.`,
      evidence: { own: text(own), primary: text(primarys) },
    });
  }
  return found;
});

const majorOf = (versionNumber: number) => Math.floor(versionNumber / 10_000);
const versionText = (versionNumber: number) => `${majorOf(versionNumber)}.${versionNumber % 10_000}`;

const parameterMismatch = factsRule('parameter-mismatch', (facts, standby, { primary }) => {
  if (primary === null || standby === primary || standby.live?.inRecovery !== true) return [];
  return PARAMETERS_NOT_BELOW_PRIMARY.flatMap((name) => {
    const own = integerSetting(facts, name);
    const primarys = integerSetting(primary.node.facts, name);
    if (own === null || primarys === null || own >= primarys) return [];
    return [
      {
        severity: 'warning' as const,
        subject: name,
        summary: `${name} is ${own} on ${standby.name}, below the ${primarys} of the primary ${primary.name}.`,
        evidence: { own: { kind: 'count', value: own }, primary: { kind: 'count', value: primarys } },
      },
    ];
  });
});

function integerSetting(facts: NodeFacts | null, name: string): number | null {
  const value = settingOf(facts, name);
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

const collationMismatch = factsRule('collation-mismatch', (facts, standby, { primary }) => {
  const primarys = primary?.node.facts?.collation ?? null;
  if (primary === null || standby === primary || facts.collation === null || primarys === null || facts.collation === primarys) return [];
  return [
    {
      severity: 'warning',
      subject: null,
      summary: `${standby.name} sorts text by ${facts.collation}, the primary ${primary.name} by ${primarys}.`,
      evidence: { own: text(facts.collation), primary: text(primarys) },
    },
  ];
});

const systemIdentifierMismatch = nodeRule('system-identifier-mismatch', ({ name, live }, { input, primary }) => {
  const expected = input.systemIdentifier ?? primary?.live?.systemIdentifier ?? null;
  if (live === null || expected === null || live.systemIdentifier === expected) return [];
  return [
    {
      severity: 'critical',
      subject: null,
      summary: `${name} has system identifier ${live.systemIdentifier}; this cluster’s is ${expected}.`,
      evidence: { own: text(live.systemIdentifier), cluster: text(expected) },
    },
  ];
});

const rewindNotPossible = factsRule('rewind-not-possible', (facts, { name }) => {
  const obstacles = [...builtInObstacles(facts), ...(facts.rewindObstacles ?? [])];
  if (obstacles.length === 0) return [];
  return [
    {
      severity: 'warning',
      subject: null,
      summary: `${name} could not be rewound: ${obstacles[0]}${obstacles.length > 1 ? ` (and ${obstacles.length - 1} more)` : ''}`,
      evidence: { obstacles: text(obstacles.join(' ')) },
    },
  ];
});

/** Checksums or hint-bit logging: either lets pg_rewind find the changed blocks. What could not be read is not held against it. */
function builtInObstacles(facts: NodeFacts): string[] {
  const hasChecksums = facts.control === null ? null : facts.control.dataChecksumVersion > 0;
  const lacksTracking = hasChecksums === false && settingOf(facts, 'wal_log_hints') === 'off';
  return [
    ...(lacksTracking ? ['Neither data checksums nor wal_log_hints are on.'] : []),
    ...(settingOf(facts, 'full_page_writes') === 'off' ? ['full_page_writes is off.'] : []),
  ];
}

/** The offset is known to half a round trip: only what exceeds that is the clock's fault. */
const clockSkew = nodeRule('clock-skew', ({ name, observation }) => {
  const { offsetMs, uncertaintyMs } = observation!.clock;
  if (offsetMs === null) return [];
  const certainMs = Math.abs(offsetMs) - (uncertaintyMs ?? 0);
  if (certainMs <= CLOCK_SKEW_WARNING_MS) return [];
  return [
    {
      severity: certainMs > CLOCK_SKEW_CRITICAL_MS ? 'critical' : 'warning',
      subject: null,
      summary: `The clock of ${name} is ${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'behind' : 'ahead of'} the controller’s.`,
      evidence: {
        offset: { kind: 'durationMs', value: offsetMs },
        uncertainty: { kind: 'durationMs', value: uncertaintyMs },
        chronyOffset: { kind: 'durationMs', value: observation!.clock.chrony?.offsetMs ?? null },
      },
    },
  ];
});

export const PARITY_RULES: readonly Rule[] = [
  versionMismatch,
  parameterMismatch,
  collationMismatch,
  systemIdentifierMismatch,
  rewindNotPossible,
  clockSkew,
];
