import type { PostgresObservation, Volume } from '../../lib/agent-contract/observation.ts';
import type { Leadership } from '../authority/rules.ts';
import type { OutboxCounts } from '../journal/outbox.ts';
import type { LinkState } from '../link/link-state.ts';
import type { ServerView } from '../observe/server-state.ts';

/** As of the last sample. */
export interface HealthView {
  agentVersion: string;
  /** `null` before joining. */
  node: { name: string; cluster: string; certificateNotAfter: string } | null;
  /** `null`: this agent only observes, and can't tell. */
  leadership: Leadership | null;
  /** Age of the last sample; `null` before the first. */
  sampleAgeMs: number | null;
  sampleTookMs: number | null;
  server: ServerView | null;
  postgres: PostgresObservation | null;
  volumes: readonly Volume[];
  /** Age of the last probe whose commit succeeded; `null`: the last one failed or there is none. */
  lastCommitAgeMs: number | null;
  link: (LinkState & { lastAcknowledgedAt: string | null }) | null;
  outbox: OutboxCounts;
  ticks: { taken: number; skipped: number };
  clockOffsetMs: number | null;
  residentBytes: number;
  tickMs: number;
}
