/**
 * Turns what each evaluation says into findings that open and resolve: N of the last M evaluations to open, K clean ones in a
 * row to resolve. Keeps a blip from opening a finding and a flapping link from closing one.
 */
import { describeFinding } from './catalogue.ts';
import type { Finding, FindingCandidate, FindingCode } from './model.ts';

interface Policy {
  /** Opens when it was said in this many … */
  openAfter: number;
  /** … of so many last evaluations. */
  of: number;
  /** Resolves after so many evaluations in a row that did not say it. */
  clearAfter: number;
}

/**
 * Evaluations nearer to each other than this count as one. The controller also evaluates on news, several times a second on a
 * busy cluster, and the policies below are meant as seconds.
 */
export const EVALUATION_TICK_MS = 800;
/** A cluster with more trouble than this keeps the worst; more would help nobody and could fill the store. */
export const OPEN_FINDINGS_MAX = 300;

const DEFAULT_POLICY: Policy = { openAfter: 3, of: 5, clearAfter: 5 };
/** The rule itself already waited for its threshold: two evaluations only guard against a torn read. */
const URGENT: Policy = { openAfter: 2, of: 3, clearAfter: 5 };
/** A second writable node is never a matter of patience: it must be seen at once. */
const IMMEDIATE: Policy = { openAfter: 1, of: 1, clearAfter: 5 };
/** Passes by itself while agents join, servers restart and standbys reconnect. */
const PATIENT: Policy = { openAfter: 15, of: 20, clearAfter: 5 };
/** Facts come once a minute: what they lack must have been lacking in two readings. */
const TWO_READINGS_OF_FACTS: Policy = { openAfter: 75, of: 80, clearAfter: 5 };

/**
 * A leader that has just begun to look may find agents still reconnecting after its own absence: for so long it does not open
 * what is concluded from silence.
 */
export const OBSERVER_WARM_UP_MS = 15_000;
const CONCLUDED_FROM_SILENCE: readonly FindingCode[] = ['node-not-seen', 'no-primary', 'standby-missing'];

const POLICIES: Partial<Record<FindingCode, Policy>> = {
  'two-writable-nodes': IMMEDIATE,
  'node-out-of-term': IMMEDIATE,
  'identity-duplicated': IMMEDIATE,
  'journal-broken': IMMEDIATE,
  'slot-lost': IMMEDIATE,
  'node-not-seen': URGENT,
  'server-not-running': URGENT,
  'server-not-responding': URGENT,
  'primary-not-writable': URGENT,
  'no-primary': URGENT,
  'standby-not-receiving': URGENT,
  'standby-left-behind': URGENT,
  'standby-not-seen-by-upstream': URGENT,
  'archive-failing': URGENT,
  'sync-standby-missing': URGENT,
  'slot-will-be-lost': URGENT,
  'standby-missing': { openAfter: 5, of: 6, clearAfter: 5 },
  'timeline-fork': { openAfter: 3, of: 4, clearAfter: 10 },
  'clock-skew': { openAfter: 5, of: 8, clearAfter: 30 },
  'disk-filling': { openAfter: 3, of: 4, clearAfter: 15 },
  'backup-missing': TWO_READINGS_OF_FACTS,
  'agent-problem': PATIENT,
};

/** Open = `finding` is set. `recent` holds the last evaluations, newest last. Plain JSON all through. */
interface Tracked {
  recent: boolean[];
  clean: number;
  finding: Finding | null;
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

/** What identifies an occurrence within a cluster. */
export function findingKey(finding: Pick<FindingCandidate, 'code' | 'nodeName' | 'subject'>): string {
  return JSON.stringify([finding.code, finding.nodeName, finding.subject]);
}

/** The state from which a new leader goes on: what is open stays open until enough clean evaluations. */
export function findingStateFrom(openFindings: readonly Finding[]): FindingState {
  return {
    startedMs: null,
    lastTickMs: null,
    tracked: Object.fromEntries(openFindings.map((finding) => [findingKey(finding), { recent: [true], clean: 0, finding }])),
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
    const before = state.tracked[key] ?? { recent: [], clean: 0, finding: null };
    const candidate = said.get(key);
    const policy = policyFor(candidate ?? before.finding);
    const next = counts ? count(before, candidate, policy) : before;
    const mayOpen = candidate !== undefined && openCount < OPEN_FINDINGS_MAX && !(isWarmingUp && isConcludedFromSilence(candidate));
    if (next.finding === null && mayOpen && isDue(next, policy)) {
      const finding = describeFinding(candidate, newId(), nowMs);
      tracked[key] = { ...next, finding };
      opened.push(finding);
      openCount += 1;
    } else if (next.finding !== null && next.clean >= policy.clearAfter) {
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

function policyFor(finding: FindingCandidate | null): Policy {
  if (finding === null) return DEFAULT_POLICY;
  // An agent that has just joined needs a moment for its first report; one that reported before should not be silent at all.
  const neverReported = finding.code === 'node-not-seen' && finding.evidence.lastSeen?.value === null;
  return neverReported ? PATIENT : (POLICIES[finding.code] ?? DEFAULT_POLICY);
}

function isConcludedFromSilence({ code }: FindingCandidate): boolean {
  return CONCLUDED_FROM_SILENCE.includes(code);
}

function count(before: Tracked, candidate: FindingCandidate | undefined, policy: Policy): Tracked {
  const said = candidate !== undefined;
  return {
    recent: [...before.recent, said].slice(-policy.of),
    clean: said ? 0 : before.clean + 1,
    finding: before.finding,
  };
}

function isDue(entry: Tracked, policy: Policy): boolean {
  return entry.recent.filter(Boolean).length >= policy.openAfter;
}

/** The newest figures and severity under the same id. What is held keeps its last figures: nobody saw newer ones. */
function refresh(finding: Finding, candidate: FindingCandidate, nowMs: number): Finding {
  if (candidate.held) return finding;
  const { severity, summary, evidence } = candidate;
  return { ...finding, severity, summary, evidence, lastSeenAt: new Date(nowMs).toISOString() };
}

const SEVERITY_ORDER = { critical: 0, warning: 1, info: 2 } as const;

export function bySeverityThenAge(a: Finding, b: Finding): number {
  return SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] || a.since.localeCompare(b.since) || a.id.localeCompare(b.id);
}
