/** Judges what a node's page shows beside the live view and the charts. Unknown is `null`; none is an empty list. */
import type { ClusterPolicy } from '../policy/cluster-policy.ts';
import type { Certificate, HbaRule, NodeFacts } from '../../agent-contract/facts.ts';
import type { Observation } from '../../agent-contract/observation.ts';
import type { Severity } from '../findings/model.ts';
import type { FindingCode } from '../findings/registry.ts';
import { hbaLineProblems } from '../postgres/hba-judgement.ts';
import type { SettingCheck } from '../settings-check/check.ts';
import { checkSettings } from '../settings-check/check.ts';
import type { Site } from '../topology/model.ts';
import type { ParityRow } from './parity.ts';
import { compareWithPrimary } from './parity.ts';

/** Facts come each minute: after this they are told as past. */
export const FACTS_STALE_MS = 180_000;

export interface HbaLine extends HbaRule {
  problems: ReturnType<typeof hbaLineProblems>;
}

export interface NodeEventEntry {
  id: number;
  at: string;
  kind: 'role' | 'timeline' | 'state';
  from: string | null;
  to: string | null;
  reason: string | null;
}

export interface PastFindingEntry {
  id: string;
  code: FindingCode;
  severity: Severity;
  subject: string | null;
  summary: string;
  since: string;
  resolvedAt: string;
}

export interface NodeDetails {
  name: string;
  uuid: string;
  site: Site;
  registeredAt: string;
  enrolledAt: string | null;
  observedAt: string | null;
  /** When the facts below were read; `null` = the agent never sent any, and everything that rests on them is `null`. */
  factsAt: string | null;
  primaryName: string | null;
  leadership: { term: number; since: string; source: string } | null;
  host: Pick<
    NodeFacts,
    | 'hostName'
    | 'operatingSystem'
    | 'kernel'
    | 'architecture'
    | 'openssl'
    | 'agentVersion'
    | 'postgresVersion'
    | 'dataDirectory'
    | 'collation'
  > | null;
  settings: SettingCheck[];
  hba: HbaLine[] | null;
  certificates: Certificate[] | null;
  /** `null` on the primary, and when this node's own facts are unknown. */
  parity: { primaryFactsAt: string | null; rows: ParityRow[] } | null;
  extensions: { name: string; version: string }[] | null;
  replicationRoles: { name: string; superuser: boolean }[] | null;
  rewindObstacles: string[] | null;
  agentProblems: string[] | null;
  checkpoints: { timed: number; requested: number; lastCheckpointAt: string | null } | null;
  control: NodeFacts['control'];
  startedAt: string | null;
  conflictsCancelled: number | null;
  clock: Observation['clock'] | null;
  events: NodeEventEntry[];
  pastFindings: PastFindingEntry[];
}

export interface NodeDetailsInput {
  name: string;
  uuid: string;
  site: Site;
  registeredAt: string;
  enrolledAt: string | null;
  observedAt: string | null;
  facts: NodeFacts | null;
  factsAt: string | null;
  observation: { clock: Observation['clock']; volumes: Observation['volumes'] } | null;
  postgres: {
    inRecovery: boolean;
    checkpoints: { timed: number; requested: number; lastCheckpointAt: string | null };
    startedAt: string;
    conflictsCancelled: number | null;
  } | null;
  primaryName: string | null;
  primary: { facts: NodeFacts; factsAt: string } | null;
  leadership: NodeDetails['leadership'];
  policy: ClusterPolicy | null;
  clusterNodeNames: readonly string[];
  events: readonly { id: number; at: string; kind: NodeEventEntry['kind']; detail: Record<string, unknown> }[];
  pastFindings: PastFindingEntry[];
}

export function buildNodeDetails(input: NodeDetailsInput): NodeDetails {
  const { facts, observation, postgres, primary } = input;
  const isPrimary = input.primaryName === input.name;
  return {
    name: input.name,
    uuid: input.uuid,
    site: input.site,
    registeredAt: input.registeredAt,
    enrolledAt: input.enrolledAt,
    observedAt: input.observedAt,
    factsAt: input.factsAt,
    primaryName: input.primaryName,
    leadership: input.leadership,
    host: facts === null ? null : hostOf(facts),
    settings: settingsOf(input, isPrimary),
    hba: facts?.hbaRules?.map((rule) => ({ ...rule, problems: hbaLineProblems(rule) })) ?? null,
    certificates: facts?.certificates ?? null,
    parity:
      facts === null || isPrimary
        ? null
        : { primaryFactsAt: primary?.factsAt ?? null, rows: compareWithPrimary(facts, primary?.facts ?? null) },
    extensions: facts?.extensions ?? null,
    replicationRoles: facts?.replicationRoles ?? null,
    rewindObstacles: facts?.rewindObstacles ?? null,
    agentProblems: facts?.agentProblems ?? null,
    checkpoints: postgres?.checkpoints ?? null,
    control: facts?.control ?? null,
    startedAt: postgres?.startedAt ?? null,
    conflictsCancelled: postgres?.conflictsCancelled ?? null,
    clock: observation?.clock ?? null,
    events: input.events.map(eventEntry),
    pastFindings: input.pastFindings,
  };
}

function hostOf(facts: NodeFacts): NonNullable<NodeDetails['host']> {
  const { hostName, operatingSystem, kernel, architecture, openssl, agentVersion, postgresVersion, dataDirectory, collation } = facts;
  return { hostName, operatingSystem, kernel, architecture, openssl, agentVersion, postgresVersion, dataDirectory, collation };
}

function settingsOf({ name, facts, observation, postgres, primary, ...input }: NodeDetailsInput, isPrimary: boolean): SettingCheck[] {
  const volumes = observation?.volumes ?? [];
  const walVolume = volumes.find(({ purpose }) => purpose === 'wal') ?? volumes.find(({ purpose }) => purpose === 'data') ?? null;
  return checkSettings(facts?.settings ?? null, {
    nodeName: name,
    otherNodeNames: input.clusterNodeNames.filter((other) => other !== name),
    isStandby: postgres?.inRecovery ?? null,
    primarySettings: isPrimary ? null : (primary?.facts.settings ?? null),
    policy: input.policy,
    dataChecksums: facts?.control == null ? null : facts.control.dataChecksumVersion > 0,
    dataDirectory: facts?.dataDirectory ?? null,
    walVolumeBytes: walVolume?.sizeBytes ?? null,
    backupStanza: facts?.backupRepository?.stanza ?? null,
  });
}

const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' && Number.isFinite(value) ? String(value) : null;

function eventEntry(event: NodeDetailsInput['events'][number]): NodeEventEntry {
  const { id, at, kind, detail } = event;
  return { id, at, kind, from: textOrNull(detail['from']), to: textOrNull(detail['to']), reason: textOrNull(detail['reason']) };
}
