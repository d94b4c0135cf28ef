/** How a node could be brought back if it had to be now: tested all the time, not found out when it is needed. */
import type { NodeFacts } from '../../../agent-contract/facts.ts';
import { settingOf } from '../../findings/rule.ts';
import { formatDuration } from '../../format/duration.ts';
import { formatBytes } from '../../format/quantity.ts';
import { lsnDifferenceBytes, parseLsnOrNull } from '../../postgres/lsn.ts';
import type { PlanningInput, PlanningNode } from './inputs.ts';
import type { RejoinMethod } from '../model.ts';

export interface Readiness {
  possible: boolean;
  /** Why not, or what to know before choosing it. */
  reasons: string[];
  /** Bytes to copy. `null` = unknown. */
  bytes: number | null;
  /** How long, in words with its basis. */
  estimate: string;
}

/** Assumed where no base backup was measured: a modest disk and network. */
const COPY_BYTES_PER_SECOND = 50 * 1024 ** 2;
/** Start, scan and checkpoint around a copy, whatever its size. */
const FIXED_SECONDS = 3;

/** Obstacles to `pg_rewind` on this node; `null` = unknown. Empty = none. */
export function rewindObstacles(facts: NodeFacts | null): string[] | null {
  if (facts === null || (facts.control === null && facts.rewindObstacles === null)) return null;
  const hasChecksums = facts.control === null ? null : facts.control.dataChecksumVersion > 0;
  const builtIn = [
    ...(hasChecksums === false && settingOf(facts, 'wal_log_hints') === 'off' ? ['Neither data checksums nor wal_log_hints are on.'] : []),
    ...(settingOf(facts, 'full_page_writes') === 'off' ? ['full_page_writes is off.'] : []),
  ];
  return [...new Set([...builtIn, ...(facts.rewindObstacles ?? [])])];
}

export function reversionReadiness(input: PlanningInput, node: string): Record<RejoinMethod, Readiness> {
  const planning = input.nodes.find(({ name }) => name === node) ?? null;
  const primary = input.view.primary;
  const common = [
    ...(planning === null ? [`${node} is not a node of ${input.cluster}.`] : whyNotAct(planning)),
    ...(primary === null ? ['There is no primary that it could follow.'] : []),
    ...(primary === node ? [`${node} is the primary now: these methods apply once it was replaced.`] : []),
  ];
  // For the primary the question is asked ahead of time: who leads then is not an obstacle now.
  const blocking = primary === node ? common.filter((sentence) => !sentence.startsWith(`${node} is the primary`)) : common;
  const databaseBytes = sizeOf(input, primary);
  return {
    rewind: rewindReadiness(input, planning, primary, common, blocking),
    're-clone': {
      possible: blocking.length === 0,
      reasons: common,
      bytes: databaseBytes,
      estimate: copyEstimate(databaseBytes, 'the whole database is copied'),
    },
    keep: {
      possible: planning !== null && whyNotAct(planning).length === 0,
      reasons: [...(planning === null ? [] : whyNotAct(planning)), `${node} stays stopped and keeps its disk until it is reverted.`],
      bytes: divergedBytes(input, planning),
      estimate: 'seconds to minutes: the WAL that exists only there is copied and its rows are listed',
    },
  };
}

function whyNotAct({ name, observation }: PlanningNode): string[] {
  const authority = observation?.authority ?? null;
  if (observation === null) return [`No agent has reported for ${name}.`];
  if (authority === null) return [`The agent of ${name} only observes: it has no [control] section.`];
  return authority.obstacles;
}

function rewindReadiness(
  input: PlanningInput,
  planning: PlanningNode | null,
  primary: string | null,
  common: string[],
  blocking: string[],
): Readiness {
  const obstacles = rewindObstacles(planning?.facts ?? null);
  const unusable = planning?.observation?.authority?.unusable ?? null;
  const reasons = [
    ...common,
    ...(obstacles ?? ['pg_rewind was not tested here yet; if it fails, the next method is tried: a restore, or a new base backup.']),
    ...(unusable === null ? [] : [`Its data directory is marked as unusable: ${unusable.reason}`]),
    ...(primary !== null && primary !== planning?.name && knows(planning, primary) === false
      ? [`Its agent does not know the address of ${primary} ([peers] in agent.toml).`]
      : []),
    ...missingWal(planning),
  ];
  const bytes = divergedBytes(input, planning);
  // An untested method may be tried: further methods follow it.
  const isPossible = blocking.length === 0 && (obstacles ?? []).length === 0 && unusable === null && knows(planning, primary) !== false;
  return { possible: isPossible, reasons, bytes, estimate: rewindEstimate(bytes) };
}

const knows = (planning: PlanningNode | null, peer: string | null): boolean | null => {
  const peers = planning?.observation?.authority?.peers;
  return peers === undefined || peer === null || peer === planning?.name ? null : peers.includes(peer);
};

/** The WAL back to the last common checkpoint must still be there, here or in the archive. */
function missingWal(planning: PlanningNode | null): string[] {
  if (planning?.facts == null) return [];
  const keeps = settingOf(planning.facts, 'wal_keep_size');
  const restores = settingOf(planning.facts, 'restore_command');
  const hasNeither = keeps !== null && Number.parseInt(keeps, 10) === 0 && (restores === null || restores === '');
  return hasNeither ? ['Neither wal_keep_size nor restore_command is set: the WAL that a rewind reads may be removed by then.'] : [];
}

/** Of a node that is down after it led: its WAL beyond where the new primary began is unknown from here; what it kept open is a bound. */
function divergedBytes(input: PlanningInput, planning: PlanningNode | null): number | null {
  const last = input.view.lastPrimary ?? null;
  const own = parseLsnOrNull(planning?.observation?.postgres?.flushLsn ?? planning?.observation?.postgres?.replayLsn);
  if (last === null || own === null || planning?.name !== last.name) return null;
  const seen = parseLsnOrNull(last.lsn);
  return seen === null ? null : Math.max(0, lsnDifferenceBytes(own, seen));
}

function sizeOf(input: PlanningInput, primary: string | null): number | null {
  const facts =
    input.nodes.find(({ name }) => name === primary)?.facts ??
    input.nodes.find(({ facts: known }) => known?.backupRepository != null)?.facts;
  return facts?.backupRepository?.backups.at(-1)?.databaseBytes ?? null;
}

function copyEstimate(bytes: number | null, what: string): string {
  if (bytes === null) return `unknown: ${what}, and its size is unknown`;
  const seconds = FIXED_SECONDS + bytes / COPY_BYTES_PER_SECOND;
  return `about ${formatDuration(seconds * 1000)}: ${what} (${formatBytes(bytes)}, at ${formatBytes(COPY_BYTES_PER_SECOND)}/s; no copy was measured here)`;
}

function rewindEstimate(bytes: number | null): string {
  const what = bytes === null ? 'the blocks that differ' : `${formatBytes(bytes)} of WAL and the blocks that it changed`;
  return `about ${formatDuration(FIXED_SECONDS * 1000)} and the time to read the directory once: ${what} are copied`;
}
