/** Decides the answers to a load balancer, with reasons. Pure. Doubt denies. */
import { whyNotPrimary } from '../authority/rules.ts';
import { lsnDifferenceBytes } from '../observe/lsn.ts';
import type { HealthView } from './view.ts';

/** A sample or a commit older than this says nothing about now. */
export const FRESH_MS = 3000;
/** The primary's agent commits a heartbeat each second: so long without one replayed is a sign. */
const HEARTBEAT_SILENCE_MS = 10_000;
/** The walsender speaks up at half of `wal_sender_timeout` (60 s) even when there is nothing to send. */
const UPSTREAM_SILENCE_MS = 35_000;

export interface HealthAnswer {
  status: 200 | 503;
  /** Why not; empty with 200. */
  reasons: string[];
}

const answer = (reasons: string[]): HealthAnswer => ({ status: reasons.length === 0 ? 200 : 503, reasons });

const freshLimitMs = (view: HealthView): number => Math.max(FRESH_MS, 2 * view.tickMs);

function reasonsNotAnswering(view: HealthView): string[] {
  if (view.sampleAgeMs === null || view.server === null) return ['The agent has not sampled the server yet.'];
  if (view.sampleAgeMs > freshLimitMs(view)) return [`The last sample is ${Math.round(view.sampleAgeMs / 1000)} s old.`];
  if (view.server.state !== 'accepting')
    return [`The server is ${view.server.state}${view.server.message === null ? '' : `: ${view.server.message}`}`];
  if (view.postgres === null) return [view.server.message ?? 'The server could not be read.'];
  return [];
}

/** `/health`: the server accepts connections and answers queries. */
export const healthAnswer = (view: HealthView): HealthAnswer => answer(reasonsNotAnswering(view));

/**
 * Out of recovery, leading under the highest term heard of, and a commit on a new connection within three seconds. Denied for an agent that
 * only observes or knows no term, and for a locked identity.
 */
export function primaryAnswer(view: HealthView): HealthAnswer {
  const reasons = reasonsNotAnswering(view);
  if (reasons.length > 0 || view.postgres === null) return answer(reasons);
  if (view.postgres.inRecovery) return answer(['The node is in recovery: it is a standby.']);
  const outOfTerm = view.leadership === null ? null : whyNotPrimary(view.leadership);
  if (outOfTerm !== null) reasons.push(outOfTerm);
  if (view.link?.state === 'refused')
    reasons.push(`The controller does not accept this agent's identity: ${view.link.reason ?? 'no reason given'}`);
  if (view.lastCommitAgeMs === null) reasons.push(view.postgres.writeProbe?.reason ?? 'No write probe has succeeded yet.');
  else if (view.lastCommitAgeMs > freshLimitMs(view))
    reasons.push(`The last successful commit is ${Math.round(view.lastCommitAgeMs / 1000)} s old.`);
  return answer(reasons);
}

/** `/replica`, with a limit in bytes when one was asked for. The limit needs a stream that is known to be alive. */
export function replicaAnswer(view: HealthView, lagBytesMax: number | null, nowMs: number): HealthAnswer {
  const reasons = reasonsNotAnswering(view);
  const { postgres } = view;
  if (reasons.length > 0 || postgres === null) return answer(reasons);
  if (!postgres.inRecovery) return answer(['The node is out of recovery: it is a primary.']);
  const unusable = view.leadership?.unusable ?? null;
  if (unusable !== null) return answer([`The data directory must not be used: ${unusable.reason}`]);
  if (lagBytesMax === null) return answer([]);
  const receiver = postgres.walReceiver;
  if (receiver?.status !== 'streaming') return answer(['The walreceiver is not streaming: how far the node is behind is unknown.']);
  const ageMs = (at: string | null): number => (at === null ? Number.POSITIVE_INFINITY : nowMs - Date.parse(at));
  if (ageMs(postgres.lastReplayedTransactionAt) > HEARTBEAT_SILENCE_MS && ageMs(receiver.lastMessageReceivedAt) > UPSTREAM_SILENCE_MS) {
    return answer(['Nothing was replayed for 10 s and nothing heard from the upstream for 35 s: how far the node is behind is unknown.']);
  }
  const known = [
    lsnDifferenceBytes(postgres.receiveLsn, postgres.replayLsn),
    lsnDifferenceBytes(receiver.latestEndLsn, postgres.replayLsn),
  ];
  const lags = known.filter((lag) => lag !== null);
  if (lags.length === 0) return answer(['The node does not tell what it has received and replayed.']);
  const lagBytes = Math.max(0, ...lags);
  return answer(lagBytes <= lagBytesMax ? [] : [`The node is ${lagBytes} bytes behind what it has heard of; ${lagBytesMax} are allowed.`]);
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 };

/** `10MB`, `16kB`, `1048576`: PostgreSQL's units (1 kB = 1024 bytes). `null` when it isn't a size. */
export function parseSizeBytes(text: string): number | null {
  const match = /^(\d{1,15})\s*([a-z]{0,2})$/i.exec(text.trim());
  const unit = UNIT_BYTES[(match?.[2] ?? '').toLowerCase()];
  if (match?.[1] === undefined || unit === undefined) return null;
  const bytes = Number(match[1]) * unit;
  return Number.isSafeInteger(bytes) ? bytes : null;
}
