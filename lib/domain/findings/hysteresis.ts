/**
 * Turns what each evaluation says into findings that open and resolve: N of the last M evaluations to open, K clean ones in a
 * row to resolve. Keeps a blip from opening a finding and a flapping link from closing one.
 */
import { adviceFor, describeFinding } from './catalogue.ts';
import type { Hysteresis } from './hysteresis-policy.ts';
import type { Finding, FindingCandidate } from './model.ts';
import { findingKind } from './registry.ts';

/**
 * Evaluations nearer to each other than this count as one. The controller also evaluates on news, several times a second on a
 * busy cluster, and the policies below are meant as seconds.
 */
export const EVALUATION_TICK_MS = 800;
/** A cluster with more trouble than this keeps the worst; more would help nobody and could fill the store. */
export const OPEN_FINDINGS_MAX = 300;

/**
 * A leader that has just begun to look may find agents still reconnecting after its own absence: for so long it does not open
 * what is concluded from silence.
 */
export const OBSERVER_WARM_UP_MS = 15_000;

/** Open = `finding` is set. `recent` holds the last evaluations, newest last. Plain JSON all through. */
interface Tracked {
  recent: boolean[];
  clean: number;
  finding: Finding | null;
  /** Of the last time it was said: it holds also for evaluations that did not say it. */
  hysteresis: Hysteresis;
}

/** Serialisable, but only what is open needs to be kept: a new leader starts from that (`findingStateFrom`). */
export interface FindingState {
  /** When this observer made its first evaluation. */
  startedMs: number | null;
  lastTickMs: number | null;
  tracked: Record<string, Tracked>;
}

export interface FindingAdvance {
  state: FindingState;
  opened: Finding[];
  resolved: Finding[];
  /** All that is open now, worst first, refreshed with the newest figures. */
  open: Finding[];
}

/** Identifies an occurrence within a cluster. */
export function findingKey(finding: Pick<FindingCandidate, 'code' | 'nodeName' | 'subject'>): string {
  return JSON.stringify([finding.code, finding.nodeName, finding.subject]);
}

/** The state that a new leader starts from: what is open stays open until enough clean evaluations. */
export function findingStateFrom(openFindings: readonly Finding[]): FindingState {
  return {
    startedMs: null,
    lastTickMs: null,
    tracked: Object.fromEntries(
      openFindings.map((finding) => [findingKey(finding), { recent: [true], clean: 0, finding, hysteresis: hysteresisOf(finding) }]),
    ),
  };
}

/**
 * One evaluation on. `newId` gives a UUID for each finding that opens (the domain has no chance of its own). The given state
 * is left as it is.
 */
export function advanceFindings(
  state: FindingState,
  candidates: readonly FindingCandidate[],
  nowMs: number,
  newId: () => string,
): FindingAdvance {
  const counts = state.lastTickMs === null || nowMs - state.lastTickMs >= EVALUATION_TICK_MS || nowMs < state.lastTickMs;
  // A clock that was put back begins the warm-up again, rather than prolong it by as much.
  const startedMs = Math.min(state.startedMs ?? nowMs, nowMs);
  const isWarmingUp = nowMs - startedMs < OBSERVER_WARM_UP_MS;
  const said = new Map(candidates.map((candidate) => [findingKey(candidate), candidate]));
  const tracked: Record<string, Tracked> = {};
  const opened: Finding[] = [];
  const resolved: Finding[] = [];
  let openCount = Object.values(state.tracked).filter((entry) => entry.finding !== null).length;

  for (const key of new Set([...Object.keys(state.tracked), ...said.keys()])) {
    const candidate = said.get(key);
    const before = state.tracked[key] ?? neverSaid(candidate!);
    const next = counts ? count(before, candidate) : before;
    const mayOpen =
      candidate !== undefined && openCount < OPEN_FINDINGS_MAX && !(isWarmingUp && findingKind(candidate.code).concludedFromSilence);
    if (next.finding === null && mayOpen && isDue(next)) {
      const finding = describeFinding(candidate, newId(), nowMs);
      tracked[key] = { ...next, finding };
      opened.push(finding);
      openCount += 1;
    } else if (next.finding !== null && next.clean >= next.hysteresis.clearAfter) {
      resolved.push(next.finding);
    } else if (next.finding !== null) {
      tracked[key] = { ...next, finding: candidate === undefined ? next.finding : refresh(next.finding, candidate, nowMs) };
    } else if (next.recent.some(Boolean)) {
      tracked[key] = next;
    }
  }

  const open = Object.values(tracked)
    .flatMap((entry) => (entry.finding === null ? [] : [entry.finding]))
    .sort(bySeverityThenAge);
  return { state: { startedMs, lastTickMs: counts ? nowMs : state.lastTickMs, tracked }, opened, resolved, open };
}

function hysteresisOf(finding: FindingCandidate): Hysteresis {
  const { hysteresis } = findingKind(finding.code);
  return typeof hysteresis === 'function' ? hysteresis(finding) : hysteresis;
}

function neverSaid(candidate: FindingCandidate): Tracked {
  return { recent: [], clean: 0, finding: null, hysteresis: hysteresisOf(candidate) };
}

function count(before: Tracked, candidate: FindingCandidate | undefined): Tracked {
  const said = candidate !== undefined;
  const hysteresis = said ? hysteresisOf(candidate) : before.hysteresis;
  return {
    recent: [...before.recent, said].slice(-hysteresis.of),
    clean: said ? 0 : before.clean + 1,
    finding: before.finding,
    hysteresis,
  };
}

function isDue({ recent, hysteresis }: Tracked): boolean {
  return recent.filter(Boolean).length >= hysteresis.openAfter;
}

/** The newest figures and severity under the same id. What is held keeps its last figures: nobody saw newer ones. */
function refresh(finding: Finding, candidate: FindingCandidate, nowMs: number): Finding {
  if (candidate.held) return finding;
  const { severity, summary, evidence } = candidate;
  return { ...finding, severity, summary, evidence, ...adviceFor(candidate), lastSeenAt: new Date(nowMs).toISOString() };
}

const SEVERITY_ORDER = { critical: 0, warning: 1, info: 2 } as const;

export function bySeverityThenAge(a: Finding, b: Finding): number {
  return SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] || a.since.localeCompare(b.since) || a.id.localeCompare(b.id);
}
