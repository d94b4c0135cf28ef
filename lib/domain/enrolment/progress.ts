/** Says how far a node's enrolment has come, and what blocks it. */
import { isYoungerThan } from '../time/age.ts';
import { formatAgo, formatDuration } from '../format/duration.ts';
import { NODE_SILENT_MS } from '../topology/sighting.ts';

export interface EnrolmentFacts {
  nowMs: number;
  /** The newest join token of the node; `null` = none was ever issued. */
  token: { createdAtMs: number; expiresAtMs: number; usedAtMs: number | null } | null;
  /** When an agent joined last; `null` = never. */
  enrolledAtMs: number | null;
  /** `null` = not locked, or never joined. */
  lockReason: string | null;
  certificateNotAfterMs: number | null;
  /** Its agent's last report; `null` = never. */
  report: { receivedAtMs: number; serverState: string; message: string | null; readPostgres: boolean } | null;
}

/** Where it stands. Each has a fixed place in the list that the screen draws. */
export type EnrolmentStep =
  'no-token' | 'waiting' | 'token-expired' | 'locked' | 'joined-silent' | 'silent' | 'postgres-trouble' | 'observed';

export interface EnrolmentProgress {
  step: EnrolmentStep;
  /** The state, as a fact. */
  sentence: string;
  /** The next step; `null` when there is nothing to do but wait. */
  next: string | null;
  tone: 'good' | 'warn' | 'bad' | 'info' | 'unknown';
  /** Of three: joined, reports, PostgreSQL is read. `null` = unknown now. */
  reached: { joined: boolean; reports: boolean | null; reads: boolean | null };
}

/** An agent that has just joined sends its first report when it is started. */
const FIRST_REPORT_GRACE_MS = 30_000;

const POSTGRES_TROUBLE: Readonly<Record<string, { says: string; next: string }>> = {
  refusing: {
    says: 'The agent reports, but PostgreSQL refuses its connection.',
    next: 'On the server: farshore-agent check. It prints the missing grant, or the missing line of pg_hba.conf.',
  },
  'not-responding': {
    says: 'The agent reports, but PostgreSQL does not answer it.',
    next: 'Check host and port under [postgres] in agent.toml, then run farshore-agent check: the server may hang.',
  },
  stopped: {
    says: 'The agent reports that PostgreSQL is not running.',
    next: 'Start PostgreSQL, or correct data_directory under [postgres] in agent.toml.',
  },
  starting: { says: 'The agent reports; PostgreSQL is still starting.', next: 'Wait. If it takes long, read PostgreSQL’s log.' },
  stopping: { says: 'The agent reports that PostgreSQL is shutting down.', next: 'Start it again if that was not intended.' },
};

export function enrolmentProgress(facts: EnrolmentFacts): EnrolmentProgress {
  const { nowMs, token, enrolledAtMs, lockReason, report } = facts;
  const reached = (joined: boolean, reports: boolean | null, reads: boolean | null) => ({ joined, reports, reads });
  if (lockReason !== null) {
    return {
      step: 'locked',
      tone: 'bad',
      sentence: `The identity of this node is locked: ${lockReason}`,
      next: 'Find the second agent that uses it and stop it. Then unlock the identity here, or join again with --force.',
      reached: reached(true, null, null),
    };
  }
  if (enrolledAtMs === null) return beforeJoining(token, nowMs);
  if (report === null || report.receivedAtMs < enrolledAtMs) {
    const isNew = nowMs - enrolledAtMs < FIRST_REPORT_GRACE_MS;
    return {
      step: 'joined-silent',
      tone: isNew ? 'info' : 'warn',
      sentence: `An agent joined ${ago(enrolledAtMs, nowMs)}, but has reported nothing yet.`,
      next: isNew
        ? 'Start it: systemctl enable --now farshore-agent.'
        : 'Start it: systemctl enable --now farshore-agent. If it runs: journalctl -u farshore-agent says why nothing arrives.',
      reached: reached(true, false, null),
    };
  }
  if (!isYoungerThan(report.receivedAtMs, NODE_SILENT_MS, nowMs)) return silent(facts, report.receivedAtMs, reached(true, false, null));
  const trouble = POSTGRES_TROUBLE[report.serverState];
  if (trouble !== undefined || !report.readPostgres) {
    const { says, next } = trouble ?? {
      says: 'The agent reports, and PostgreSQL answers, but its state could not be read.',
      next: 'On the server: farshore-agent check. It prints what is missing.',
    };
    return {
      step: 'postgres-trouble',
      tone: report.serverState === 'starting' ? 'warn' : 'bad',
      sentence: report.message === null ? says : `${says} It said: ${report.message}`,
      next,
      reached: reached(true, true, false),
    };
  }
  return {
    step: 'observed',
    tone: 'good',
    sentence: `The agent reports, last ${ago(report.receivedAtMs, nowMs)}, and reads PostgreSQL.`,
    next: null,
    reached: reached(true, true, true),
  };
}

function beforeJoining(token: EnrolmentFacts['token'], nowMs: number): EnrolmentProgress {
  const reached = { joined: false, reports: false, reads: null };
  if (token === null) {
    return {
      step: 'no-token',
      tone: 'unknown',
      sentence: 'No agent has joined.',
      next: 'Issue a join token and run the commands on the server.',
      reached,
    };
  }
  if (token.expiresAtMs > nowMs && token.usedAtMs === null) {
    const left = formatDuration(Math.ceil((token.expiresAtMs - nowMs) / 1000) * 1000);
    return {
      step: 'waiting',
      tone: 'info',
      sentence: `Waiting for the agent to join. The token is valid for another ${left}.`,
      next: 'Run the commands on the server. If join fails, it prints the reason and the remedy.',
      reached,
    };
  }
  return {
    step: 'token-expired',
    tone: 'warn',
    sentence: `No agent has joined, and the token expired ${ago(token.expiresAtMs, nowMs)}.`,
    next: 'Issue a new one. If join failed on the server, its message gives the reason, most often the gateway’s address or a firewall.',
    reached,
  };
}

function silent(facts: EnrolmentFacts, receivedAtMs: number, reached: EnrolmentProgress['reached']): EnrolmentProgress {
  const { certificateNotAfterMs, nowMs } = facts;
  const isExpired = certificateNotAfterMs !== null && certificateNotAfterMs <= nowMs;
  return {
    step: 'silent',
    tone: 'warn',
    sentence: `The agent last reported ${ago(receivedAtMs, nowMs)}.${isExpired ? ' Its certificate has expired since.' : ''}`,
    next: isExpired
      ? 'Issue a join token and join again with --force.'
      : 'On the server: systemctl status farshore-agent, then farshore-agent check.',
    reached,
  };
}

function ago(atMs: number, nowMs: number): string {
  return isYoungerThan(atMs, 999, nowMs) ? 'just now' : formatAgo(atMs, nowMs);
}
