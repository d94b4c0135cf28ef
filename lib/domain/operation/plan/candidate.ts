/**
 * Which standby takes over (reference/ha.md §1.5). One rule for every path: the rehearsal on the plan page and the choice in the run.
 * First who may, each refusal with its sentence; then who holds the most; a wish decides only between equals.
 */
import type { NodeReport } from '../../../agent-contract/node-report.ts';
import type { VerbEvidence } from '../../../agent-contract/verbs.ts';
import type { ClusterPolicy } from '../../policy/cluster-policy.ts';
import { isAllowedJurisdiction } from '../../policy/jurisdiction.ts';
import { PARAMETERS_NOT_BELOW_PRIMARY } from '../../postgres/standby-parameters.ts';
import { settingOf } from '../../findings/rule.ts';
import { formatBytes } from '../../format/quantity.ts';
import { furthestLsn, formatLsn, lsnDifferenceBytes, parseLsnOrNull } from '../../postgres/lsn.ts';
import { whyNotReceivedThat } from '../../leadership/witnesses.ts';
import { findFork, NEVER_PARTED_LSN } from './fork.ts';
import type { PlanningInput, PlanningNode } from './inputs.ts';
import type { Quorum } from '../model.ts';
import { listed } from './planned.ts';

export type History = VerbEvidence<'promise'>['history'];

/** A standby's proof when it promised. `history: null` = unknown, as in a rehearsal from observations. */
export interface CandidateReport {
  node: string;
  report: NodeReport;
  history: History | null;
}

export interface Ranked {
  node: string;
  eligible: boolean;
  /** Why it may not, or what to know about it. */
  reasons: string[];
  timeline: number | null;
  /** The greater of what was received and replayed. */
  lsn: string | null;
  replayBacklogBytes: number | null;
}

export interface Choice {
  chosen: string | null;
  /** Of the chosen one; its promotion leaves this timeline. */
  timeline: number | null;
  lsn: string | null;
  ranking: Ranked[];
  sentence: string;
}

/** Replay of more than this would keep clients waiting longer than a person expects. */
const REPLAY_BACKLOG_WARN_BYTES = 1024 ** 3;

export function chooseCandidate(
  reports: readonly CandidateReport[],
  input: Pick<PlanningInput, 'nodes' | 'policy' | 'leadership' | 'view' | 'nowMs'>,
  preferred: string | null,
  mustHear: Quorum | null = null,
): Choice {
  const ranking = reports.map((report) => judge(report, reports, input)).toSorted((a, b) => compare(a, b, preferred));
  const first = ranking.find(({ eligible }) => eligible);
  const heard = mustHear === null ? [] : mustHear.of.filter((name) => reports.some(({ node }) => node === name));
  if (mustHear !== null && heard.length < mustHear.count) {
    const sentence = `Only ${heard.length} of the ${mustHear.count} required synchronous standbys have reported: an acknowledged commit could be missed.`;
    return {
      chosen: null,
      timeline: null,
      lsn: null,
      ranking: ranking.map((one) => ({ ...one, eligible: false, reasons: [...one.reasons, sentence] })),
      sentence,
    };
  }
  if (first === undefined) return { chosen: null, timeline: null, lsn: null, ranking, sentence: whyNone(ranking) };
  return { chosen: first.node, timeline: first.timeline, lsn: first.lsn, ranking, sentence: whyFirst(first, ranking, preferred) };
}

function judge(
  { node, report, history }: CandidateReport,
  all: readonly CandidateReport[],
  { nodes, policy, leadership, view, nowMs }: Parameters<typeof chooseCandidate>[1],
): Ranked {
  const planning = nodes.find(({ name }) => name === node) ?? null;
  const timeline = report.timeline ?? report.control?.timeline ?? null;
  const received = parseLsnOrNull(report.receivedLsn);
  const replayed = parseLsnOrNull(report.replayedLsn);
  const lsn = furthestLsn(received, replayed);
  const backlog = lsn === null || replayed === null ? null : Math.max(0, lsnDifferenceBytes(lsn, replayed));
  // While the term is open, the record names neither node nor timeline.
  const last = view.lastPrimary ?? null;
  const ledTimeline = leadership?.timeline ?? last?.timeline ?? null;
  const ledBy = nodes.find(({ name }) => name === (leadership?.holder ?? last?.name)) ?? null;
  const obstacles = [
    ...whyNotServer(report, lsn),
    ...(lsn === null || last?.name === node ? [] : [whyNotReceivedThat(lsn, last, nowMs) ?? []].flat()),
    ...(planning === null ? [`${node} is not a node of this cluster any more.`] : whyNotNode(planning, policy)),
    ...whyNotTimeline(node, timeline, history, ledTimeline, all),
    ...whyNotParameters(planning, ledBy?.name === node ? null : ledBy),
  ];
  const notes =
    backlog !== null && backlog > REPLAY_BACKLOG_WARN_BYTES ? [`${formatBytes(backlog)} must be replayed before it accepts writes.`] : [];
  return {
    node,
    eligible: obstacles.length === 0,
    reasons: [...obstacles, ...notes],
    timeline,
    lsn: lsn === null ? null : formatLsn(lsn),
    replayBacklogBytes: backlog,
  };
}

function whyNotServer(report: NodeReport, lsn: bigint | null): string[] {
  if (!report.running) return ['Its server does not run.'];
  if (report.inRecovery === null) return ['Its server does not answer.'];
  if (!report.inRecovery) return ['It is out of recovery already: it is no standby.'];
  if (report.replayPaused === true)
    return [
      'Its replay is paused. If somebody paused it, resume it there; if the server log names insufficient parameter settings, raise them and restart it instead: resuming would shut it down.',
    ];
  return lsn === null ? ['How much WAL it has is unknown.'] : [];
}

function whyNotNode(planning: PlanningNode, { jurisdictions }: ClusterPolicy): string[] {
  const { site, maintenance, identityLockReason, observation, facts } = planning;
  const fenced = observation?.authority?.role === 'fenced' ? observation.authority.fenced : null;
  const delay = settingOf(facts, 'recovery_min_apply_delay');
  return [
    ...(isAllowedJurisdiction(site.jurisdiction, jurisdictions)
      ? []
      : [`It is in ${site.jurisdiction}; the data may only reside in ${jurisdictions.join(', ')}.`]),
    ...(maintenance === null ? [] : [`It is under maintenance by ${maintenance.owner}: ${maintenance.reason}`]),
    ...(identityLockReason === null ? [] : [`Its identity is locked: ${identityLockReason}`]),
    ...(observation?.authority?.unusable == null ? [] : [`Its data directory must not be used: ${observation.authority.unusable.reason}`]),
    ...(fenced === null ? [] : [`It is fenced: ${fenced.reason} Bring it back with a reversion first.`]),
    ...(delay !== null && Number.parseInt(delay, 10) > 0 ? [`It is delayed on purpose (recovery_min_apply_delay = ${delay}).`] : []),
  ];
}

/** By ancestry, not by number: a timeline that branched off elsewhere is another history, however high it counts. */
function whyNotTimeline(
  node: string,
  timeline: number | null,
  history: History | null,
  led: number | null,
  all: readonly CandidateReport[],
): string[] {
  if (timeline === null) return ['Its timeline is unknown.'];
  if (led !== null && timeline > led && !(history ?? []).some((leg) => leg.timeline === led)) {
    return [`It is on timeline ${timeline}, which did not come from timeline ${led} of the last primary.`];
  }
  if (led === null || timeline >= led) return [];
  // Behind in timelines: it may have missed the last change of primary and hold only what came before it.
  const witness = all.find(({ report, history: known }) => report.timeline === led && known !== null);
  if (witness?.history == null || history === null)
    return [`It is on timeline ${timeline}, the last primary was on ${led}: it has missed a change of primary.`];
  const own = all.find((one) => one.node === node)!;
  const fork = findFork({ timeline, ancestors: history }, { timeline: led, ancestors: witness.history });
  const held = furthestLsn(parseLsnOrNull(own.report.receivedLsn), parseLsnOrNull(own.report.replayedLsn));
  if (fork === null || fork.lsn === NEVER_PARTED_LSN || held === null || held > parseLsnOrNull(fork.lsn)!) {
    return [`It is on timeline ${timeline} and holds WAL that timeline ${led} does not have.`];
  }
  return [`It is on timeline ${timeline}; all that was written on timeline ${led} would be lost.`];
}

function whyNotParameters(planning: PlanningNode | null, primary: PlanningNode | null): string[] {
  return PARAMETERS_NOT_BELOW_PRIMARY.flatMap((name) => {
    const [own, wanted] = [planning, primary].map((one) => Number.parseInt(settingOf(one?.facts ?? null, name) ?? '', 10));
    if (own === undefined || wanted === undefined || !(own < wanted)) return [];
    return [`${name} is ${own}, below the ${wanted} of the last primary.`];
  });
}

/** Most WAL first; of equals the one that is asked for, then the one with the least to replay, then by name. */
function compare(a: Ranked, b: Ranked, preferred: string | null): number {
  if (a.eligible !== b.eligible) return a.eligible ? -1 : 1;
  if (a.timeline !== b.timeline) return (b.timeline ?? 0) - (a.timeline ?? 0);
  const [left, right] = [parseLsnOrNull(a.lsn) ?? 0n, parseLsnOrNull(b.lsn) ?? 0n];
  if (left !== right) return left > right ? -1 : 1;
  if (a.node === preferred || b.node === preferred) return a.node === preferred ? -1 : 1;
  return (a.replayBacklogBytes ?? 0) - (b.replayBacklogBytes ?? 0) || (a.node < b.node ? -1 : 1);
}

/** Nodes with the same reasons are named together. */
function whyNone(ranking: readonly Ranked[]): string {
  if (ranking.length === 0) return 'No standby has reported.';
  const byReasons = Map.groupBy(ranking, ({ reasons }) => reasons.join(' '));
  const each = [...byReasons].map(([reasons, nodes]) => `${listed(nodes.map(({ node }) => node))}: ${reasons}`);
  return `No standby that reported may be promoted. ${each.join(' ')}`;
}

function whyFirst(first: Ranked, ranking: readonly Ranked[], preferred: string | null): string {
  const others = ranking.filter(({ node, eligible }) => eligible && node !== first.node);
  if (others.length === 0) return `${first.node} is the only one that may be promoted.`;
  const level = others.filter(({ lsn }) => lsn === first.lsn).map(({ node }) => node);
  const wished =
    preferred === null || preferred === first.node ? '' : ` ${preferred} was requested, but has less WAL or may not be promoted.`;
  if (level.length === 0) return `${first.node} holds the most WAL (${first.lsn ?? 'unknown'}).${wished}`;
  return `${first.node} has as much WAL as ${level.join(', ')} at ${first.lsn ?? 'unknown'}${preferred === first.node ? ' and was requested' : ''}.${wished}`;
}
