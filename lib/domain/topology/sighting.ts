/** Says what is known of one node now: its last sample, its age, and what follows for its role. */
import type { Observation, PostgresObservation } from '../../agent-contract/observation.ts';
import { formatDuration } from '../format/duration.ts';
import { ageMs as ageOf } from '../time/age.ts';
import type { PositionPoint } from '../lag/position-trail.ts';
import { positionTrail } from '../lag/position-trail.ts';
import type { ClusterInput, NodeInput } from './inputs.ts';
import type { Role } from './model.ts';

/** Agents report each second: after five missed reports a node counts as not seen. */
export const NODE_SILENT_MS = 5_000;

export interface Sighting {
  node: NodeInput;
  name: string;
  /** Age of the last sample by the worse of "when taken" and "when received"; `null` = no sample ever, or one that is dated in the future. */
  ageMs: number | null;
  /** Seen recently. Everything below may be used as "now" only then. */
  fresh: boolean;
  observation: Observation | null;
  /** Of the last sample, however old. */
  postgres: PostgresObservation | null;
  /** The same when fresh: what PostgreSQL says now, or `null`. */
  live: PostgresObservation | null;
  observedAtMs: number | null;
  role: Role;
  /** Added to the node's own clock gives the controller's. */
  clockCorrectionMs: number;
  readonly trail: PositionPoint[];
}

export type Sightings = ReadonlyMap<string, Sighting>;

/** When it was seen last, to follow a node's name. */
export const lastSeen = ({ ageMs }: Pick<Sighting, 'ageMs'>): string =>
  ageMs === null ? 'was last seen at a time in the future' : `was last seen ${formatDuration(ageMs)} ago`;

/** In the order of the input, so that nothing jumps on a screen. */
export function sightNodes(input: ClusterInput, nowMs: number): Sightings {
  return new Map(input.nodes.map((node) => [node.name, sightNode(input, node, nowMs)]));
}

function sightNode(input: ClusterInput, node: NodeInput, nowMs: number): Sighting {
  const { latest } = node;
  const postgres = latest?.observation.postgres ?? null;
  // A back-fill delivers old samples just now, and a clock that was set dates one in the future: both ages must be known and young.
  const [takenAgoMs, receivedAgoMs] = [ageOf(latest?.observedAtMs ?? null, nowMs), ageOf(latest?.receivedAtMs ?? null, nowMs)];
  const ageMs = takenAgoMs === null || receivedAgoMs === null ? null : Math.max(takenAgoMs, receivedAgoMs);
  const fresh = ageMs !== null && ageMs <= NODE_SILENT_MS;
  let trail: PositionPoint[] | null = null;
  return {
    node,
    name: node.name,
    ageMs,
    fresh,
    observation: latest?.observation ?? null,
    postgres,
    live: fresh ? postgres : null,
    observedAtMs: latest?.observedAtMs ?? null,
    role: postgres === null ? rememberedRole(input, node) : postgres.inRecovery ? 'standby' : 'primary',
    clockCorrectionMs: latest === null ? 0 : latest.observedAtMs - Date.parse(latest.observation.observedAt),
    // Only upstreams are asked for it, and it is the dearest part of a large fleet's evaluation.
    get trail() {
      return (trail ??= positionTrail(node));
    },
  };
}

/** The role of a node whose server does not answer: what its history, the leadership or a slot made for it say. */
function rememberedRole(input: ClusterInput, node: NodeInput): Role {
  const point = node.history.findLast(({ flushLsn, receiveLsn, replayLsn }) => (flushLsn ?? receiveLsn ?? replayLsn) !== null);
  if (point !== undefined) return point.flushLsn === null ? 'standby' : 'primary';
  if (input.leadership?.holder === node.name) return 'primary';
  const isFed = input.nodes.some((other) =>
    other.latest?.observation.postgres?.slots.some((slot) => slot.type === 'physical' && slot.name === slotNameOf(node.name)),
  );
  return isFed ? 'standby' : 'unknown';
}

/** The slot through which a node streams, by Farshore's convention: its name, with what a slot's name may hold. */
export function slotNameOf(nodeName: string): string {
  return nodeName.toLowerCase().replaceAll('-', '_');
}
