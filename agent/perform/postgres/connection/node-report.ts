/** Reads this node's state afresh: part of the evidence of every verb that changes the server. */
import type { NodeReport } from '../../../../lib/agent-contract/node-report.ts';
import { greaterLsn } from '../../../observe/lsn.ts';
import type { PerformContext } from '../../performer.ts';
import { controlState, readControl } from '../directory/control-data.ts';
import { ServerUnreachable, withControl } from './control-connection.ts';
import type { ControlSession } from './control-connection.ts';
import { timelineOfReceivedWal } from '../../../observe/history-file.ts';
import { dataDirectoryOf } from '../directory/node-paths.ts';
import { peerNameOf } from '../config/primary-conninfo.ts';
import { findPostmaster } from '../process/process-table.ts';

const SQL = `select n.recovering as "inRecovery",
  case when not n.recovering then ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end as "primaryTimeline",
  case when not n.recovering then pg_current_wal_flush_lsn() end as "flushLsn",
  case when n.recovering then pg_last_wal_receive_lsn() end as "receiveLsn",
  case when n.recovering then pg_last_wal_replay_lsn() end as "replayLsn",
  case when n.recovering then pg_is_wal_replay_paused() end as "replayPaused",
  case when n.recovering then greatest((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()),
    (select min_recovery_end_timeline from pg_control_recovery())) end as "standbyTimeline",
  case when n.recovering then coalesce((select status = 'streaming' from pg_stat_wal_receiver), false) end as "receiving",
  current_setting('primary_conninfo') as "conninfo",
  pg_size_bytes(current_setting('wal_segment_size'))::int as "segmentBytes"
from (select pg_is_in_recovery() as recovering) n`;

export interface ServerFacts {
  inRecovery: boolean;
  primaryTimeline: number | null;
  flushLsn: string | null;
  receiveLsn: string | null;
  replayLsn: string | null;
  replayPaused: boolean | null;
  standbyTimeline: number | null;
  receiving: boolean | null;
  conninfo: string;
  segmentBytes: number;
}

export async function readServerFacts(session: ControlSession): Promise<ServerFacts> {
  const [row] = await session.query<ServerFacts & Record<string, unknown>>(SQL);
  if (row === undefined) throw new Error('PostgreSQL answered without a row.');
  return row;
}

function timelineOf(facts: ServerFacts, dataDirectory: string): number | null {
  if (!facts.inRecovery) return facts.primaryTimeline;
  const received = greaterLsn(facts.receiveLsn, facts.replayLsn);
  const byFile = received === null ? null : timelineOfReceivedWal(dataDirectory, received, facts.segmentBytes);
  const highest = Math.max(facts.standbyTimeline ?? 0, byFile ?? 0);
  return highest === 0 ? null : highest;
}

function fromFacts(context: PerformContext, facts: ServerFacts): Omit<NodeReport, 'at' | 'control' | 'running'> {
  return {
    inRecovery: facts.inRecovery,
    timeline: timelineOf(facts, dataDirectoryOf(context.instance)),
    flushLsn: facts.flushLsn,
    receivedLsn: greaterLsn(facts.receiveLsn, facts.replayLsn),
    replayedLsn: facts.replayLsn,
    receiving: facts.receiving,
    replayPaused: facts.replayPaused,
    upstream: facts.inRecovery ? peerNameOf(context.config, facts.conninfo) : null,
  };
}

const NOT_ANSWERING = {
  inRecovery: null,
  timeline: null,
  flushLsn: null,
  receivedLsn: null,
  replayedLsn: null,
  receiving: null,
  replayPaused: null,
  upstream: null,
};

/** Over a connection that is open already. */
export async function reportOver(context: PerformContext, session: ControlSession): Promise<NodeReport> {
  const facts = await readServerFacts(session);
  const control = await readControl(context.instance);
  return {
    at: new Date().toISOString(),
    running: true,
    ...fromFacts(context, facts),
    control: control === null ? null : controlState(control),
  };
}

/** Never fails for a server that is down or does not answer: that is then what it reports. */
export async function reportNode(context: PerformContext): Promise<NodeReport> {
  const running = findPostmaster(dataDirectoryOf(context.instance)) !== null;
  if (running) {
    try {
      return await withControl(context, (session) => reportOver(context, session));
    } catch (error) {
      if (!(error instanceof ServerUnreachable)) throw error;
    }
  }
  const control = await readControl(context.instance);
  return { at: new Date().toISOString(), running, ...NOT_ANSWERING, control: control === null ? null : controlState(control) };
}
