/**
 * Records changes of a node's role, timeline and coarse state. A change counts when two evaluations in a row agree, so that a torn read
 * leaves no trace; a flapping node can't fill the store.
 */
import { ageMs } from '../time/age.ts';
import type { NodeState, NodeView } from './model.ts';
import { NODE_SILENT_MS } from './sighting.ts';

export const NODE_EVENT_KINDS = ['role', 'timeline', 'state'] as const;
export type NodeEventKind = (typeof NODE_EVENT_KINDS)[number];

export type CoarseState = 'running' | 'starting' | 'stopped' | 'not-answering' | 'not-seen';

export interface NodeEvent {
  nodeName: string;
  at: string;
  kind: NodeEventKind;
  /** `from` is `null` for what was never known before. `reason` is the sentence behind a state. */
  detail: { from: string | null; to: string; reason?: string };
}

/** The last recorded value of each kind, the candidate to follow it, and how many were recorded recently. */
interface Followed {
  recorded: string | null;
  candidate: { value: string; sinceMs: number } | null;
  recordedAtMs: readonly number[];
}

export type NodeChangeState = Readonly<Record<string, Followed>>;

/** Evaluations nearer to each other than this are one look: news can make the controller evaluate several times a second. */
const LOOK_APART_MS = 800;
/** A node that changes more often than this in an hour flaps: its log resumes in the next hour, with its present state. */
export const EVENTS_PER_HOUR_MAX = 40;
const HOUR_MS = 3_600_000;

const COARSE: Record<Exclude<NodeState, 'unknown'>, CoarseState> = {
  writable: 'running',
  'not-writable': 'running',
  streaming: 'running',
  'catching-up': 'running',
  'replay-stalled': 'running',
  'not-receiving': 'running',
  starting: 'starting',
  stopping: 'stopped',
  stopped: 'stopped',
  fenced: 'stopped',
  'not-responding': 'not-answering',
  refusing: 'not-answering',
};

const keyOf = (nodeName: string, kind: NodeEventKind): string => `${kind} ${nodeName}`;

/** The state that a controller starts from when it begins to lead. */
export function nodeChangesFrom(recorded: readonly { nodeName: string; kind: NodeEventKind; to: string }[]): NodeChangeState {
  return Object.fromEntries(
    recorded.map(({ nodeName, kind, to }) => [keyOf(nodeName, kind), { recorded: to, candidate: null, recordedAtMs: [] }]),
  );
}

/** One evaluation on. The given state is left as it is. */
export function advanceNodeChanges(
  state: NodeChangeState,
  nodes: readonly Pick<NodeView, 'name' | 'role' | 'timeline' | 'state' | 'stateReason' | 'observedAt'>[],
  nowMs: number,
): { state: NodeChangeState; events: NodeEvent[] } {
  const next: Record<string, Followed> = {};
  const events: NodeEvent[] = [];
  for (const node of nodes) {
    for (const kind of NODE_EVENT_KINDS) {
      const key = keyOf(node.name, kind);
      const before = state[key] ?? { recorded: null, candidate: null, recordedAtMs: [] };
      const { followed, event } = follow(before, valueOf(node, kind, nowMs), nowMs);
      next[key] = followed;
      if (event === null) continue;
      const reason = kind === 'state' && node.stateReason !== null ? { reason: node.stateReason } : {};
      events.push({ nodeName: node.name, at: new Date(event.sinceMs).toISOString(), kind, detail: { ...event.change, ...reason } });
    }
  }
  return { state: next, events };
}

/** `null` = unknown now, which changes nothing. */
function valueOf(node: Pick<NodeView, 'role' | 'timeline' | 'state' | 'observedAt'>, kind: NodeEventKind, nowMs: number): string | null {
  if (kind === 'state') return coarseState(node, nowMs);
  // Of a node that is not seen, role and timeline are only remembered.
  if (node.state === 'unknown' || COARSE[node.state] !== 'running') return null;
  if (kind === 'role') return node.role === 'unknown' ? null : node.role;
  return node.timeline === null ? null : String(node.timeline);
}

function coarseState(node: Pick<NodeView, 'state' | 'observedAt'>, nowMs: number): CoarseState | null {
  if (node.state !== 'unknown') return COARSE[node.state];
  const isSilent = node.observedAt !== null && (ageMs(node.observedAt, nowMs) ?? 0) > NODE_SILENT_MS;
  return isSilent ? 'not-seen' : null;
}

interface Step {
  followed: Followed;
  event: { sinceMs: number; change: { from: string | null; to: string } } | null;
}

function follow(before: Followed, value: string | null, nowMs: number): Step {
  if (value === null) return { followed: before, event: null };
  if (value === before.recorded) return { followed: before.candidate === null ? before : { ...before, candidate: null }, event: null };
  const isDatedAhead = before.candidate !== null && ageMs(before.candidate.sinceMs, nowMs) === null;
  if (before.candidate?.value !== value || isDatedAhead)
    return { followed: { ...before, candidate: { value, sinceMs: nowMs } }, event: null };
  const recent = before.recordedAtMs.filter((atMs) => nowMs - atMs < HOUR_MS);
  const holds = nowMs - before.candidate.sinceMs >= LOOK_APART_MS;
  if (!holds || recent.length >= EVENTS_PER_HOUR_MAX) return { followed: before, event: null };
  return {
    followed: { recorded: value, candidate: null, recordedAtMs: [...recent, nowMs] },
    event: { sinceMs: before.candidate.sinceMs, change: { from: before.recorded, to: value } },
  };
}
