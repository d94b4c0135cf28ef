/** Prints `farshore-agent status`: what this host knows without the controller, and even without the agent. */
import http from 'node:http';
import path from 'node:path';
import type { PostgresObservation } from '../lib/agent-contract/observation.ts';
import type { Leadership } from './authority/rules.ts';
import { newestLeadership } from './authority/leadership-file.ts';
import type { AgentConfig } from './config.ts';
import { CommandJournal } from './journal/command-journal.ts';
import { runningAgentPid } from './journal/lock.ts';
import { readSpoolCounts } from './journal/spool.ts';
import { loadIdentity } from './link/identity.ts';
import { loadLinkState } from './link/link-state.ts';
import type { LinkState } from './link/link-state.ts';
import { failureOf } from './observe/connection.ts';
import { walFileTimelineOf } from './observe/history-file.ts';
import { toPostgresObservation } from './observe/postgres-sample.ts';
import type { RawTick } from './observe/postgres-sample.ts';
import { PostmasterWatch } from './observe/postmaster.ts';
import { classifyFailure } from './observe/server-state.ts';
import type { ServerView } from './observe/server-state.ts';
import { Session } from './observe/session.ts';
import { tickStatement } from './observe/tick-statement.ts';
import { NOTHING_LISTED } from './observe/wal-directories.ts';

const POSTGRES_DEADLINE_MS = 2000;
const HEALTH_DEADLINE_MS = 1000;

export interface AgentStatus {
  agent: { pid: number | null; lastAcknowledgedAt: string | null; writeProbeOk: boolean | null };
  identity: { node: string; cluster: string; controllerUrl: string; generation: number; certificateNotAfter: string } | null;
  link: LinkState | null;
  buffer: { samples: number; bytes: number; oldestAt: string | null } | null;
  /** `null`: this agent only observes. */
  leadership: Leadership | null;
  /** The journal's last entry, or what is wrong with it; `null`: there is none. */
  journal: { sequence: number; hash: string; broken: string | null } | null;
  server: ServerView;
  postgres: PostgresObservation | null;
}

interface LiveHealth {
  link?: LinkState & { lastAcknowledgedAt: string | null };
  lastCommitAgeMs?: number | null;
  outbox?: { samples: number; memorySamples: number };
}

/** `null` when the agent doesn't answer. */
function askHealthPort(config: AgentConfig): Promise<LiveHealth | null> {
  const host = config.health.host === '0.0.0.0' || config.health.host === '::' ? '127.0.0.1' : config.health.host;
  return new Promise((resolve) => {
    const request = http.get({ host, port: config.health.port, path: '/health', timeout: HEALTH_DEADLINE_MS, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', () => resolve(null));
      response.on('end', () => {
        try {
          resolve(JSON.parse(text) as LiveHealth);
        } catch {
          resolve(null);
        }
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
  });
}

async function askPostgres(config: AgentConfig): Promise<{ server: ServerView; postgres: PostgresObservation | null }> {
  const session = new Session(config.postgres);
  try {
    const constants = await session.ready(POSTGRES_DEADLINE_MS);
    const [row] = await session.query<{ tick: RawTick }>({ text: tickStatement(constants) }, POSTGRES_DEADLINE_MS);
    if (row === undefined) throw new Error('PostgreSQL answered without a row.');
    const context = {
      constants,
      directories: NOTHING_LISTED,
      writeProbe: null,
      walBytesPerSecond: null,
      walFileTimeline: walFileTimelineOf(row.tick, constants, config.postgres.data_directory ?? constants.dataDirectory),
      slotInactiveSince: () => null,
    };
    return { server: { state: 'accepting', message: null }, postgres: toPostgresObservation(row.tick, context) };
  } catch (error) {
    const postmaster = await new PostmasterWatch().look(config.postgres.data_directory ?? null, true);
    return { server: classifyFailure(failureOf(error), postmaster), postgres: null };
  } finally {
    await session.end();
  }
}

/** Reads the state directory and asks PostgreSQL locally. Throws only when the state directory can't be read. */
export async function readStatus(config: AgentConfig): Promise<AgentStatus> {
  const stateDirectory = config.agent.state_directory;
  const identity = loadIdentity(stateDirectory);
  const pid = runningAgentPid(stateDirectory);
  const spool = readSpoolCounts(path.join(stateDirectory, 'spool'));
  const live = pid === null ? null : await askHealthPort(config);
  return {
    agent: {
      pid,
      lastAcknowledgedAt: live?.link?.lastAcknowledgedAt ?? null,
      writeProbeOk: live === null || live.lastCommitAgeMs === undefined ? null : live.lastCommitAgeMs !== null,
    },
    identity:
      identity === null
        ? null
        : {
            node: identity.nodeName,
            cluster: identity.clusterSlug,
            controllerUrl: identity.controllerUrl,
            generation: identity.generation,
            certificateNotAfter: identity.notAfter,
          },
    link: live?.link ?? loadLinkState(stateDirectory),
    buffer:
      spool === null
        ? null
        : {
            samples: spool.samples,
            bytes: spool.bytes,
            oldestAt: spool.oldestAtMs === null ? null : new Date(spool.oldestAtMs).toISOString(),
          },
    ...(config.control === undefined ? { leadership: null, journal: null } : readLeadership(stateDirectory)),
    ...(await askPostgres(config)),
  };
}

/** From disk, beside a running agent. */
function readLeadership(stateDirectory: string): Pick<AgentStatus, 'leadership' | 'journal'> {
  const journal = new CommandJournal(stateDirectory, 'read');
  const { revision: _revision, ...leadership } = newestLeadership(stateDirectory, journal);
  const { broken, head } = journal;
  journal.close();
  return { leadership, journal: { ...head, broken } };
}

/** For people. */
export function renderStatus(status: AgentStatus): string {
  const { agent, identity, link, buffer, server, postgres } = status;
  const rows: [string, string][] = [
    ['agent', agent.pid === null ? 'not running' : `running (pid ${agent.pid})`],
    ['node', identity === null ? 'not joined' : `${identity.node} of ${identity.cluster}`],
    ['controller', controllerLine(identity, link, agent)],
    ['certificate', identity === null ? '-' : `until ${identity.certificateNotAfter} (generation ${identity.generation})`],
    [
      'buffer',
      buffer === null
        ? '-'
        : `${buffer.samples} samples on disk, ${buffer.bytes} bytes${buffer.oldestAt === null ? '' : `, oldest ${buffer.oldestAt}`}`,
    ],
    ...leadershipRows(status),
    ['server', `${server.state}${server.message === null ? '' : `: ${server.message}`}`],
    ...(postgres === null ? [] : postgresRows(postgres)),
  ];
  if (agent.writeProbeOk !== null && postgres?.inRecovery === false)
    rows.push(['writable', agent.writeProbeOk ? 'yes, the last probe committed' : 'NO, the last probe failed']);
  return `${rows.map(([name, value]) => `${name.padEnd(14)}${value}`).join('\n')}\n`;
}

function leadershipRows({ leadership, journal }: AgentStatus): [string, string][] {
  if (leadership === null) return [['leadership', 'this agent only observes (no [control] section)']];
  const { termSeen, holder, role, leaderTerm, fenced, unusable } = leadership;
  const led = leaderTerm === null || leaderTerm === termSeen ? '' : `, led last under ${leaderTerm}`;
  const held = termSeen === 0 ? 'no term seen yet' : `term ${termSeen}${holder === null ? '' : ` of ${holder}`}`;
  const rows: [string, string][] = [['leadership', `${role}, ${held}${led}`]];
  if (fenced !== null) rows.push(['fenced', `since ${fenced.at}: ${fenced.reason}`]);
  if (unusable !== null) rows.push(['directory', `MUST NOT BE STARTED since ${unusable.since}: ${unusable.reason}`]);
  if (journal !== null) rows.push(['journal', journal.broken ?? `${journal.sequence} entries, head ${journal.hash.slice(0, 16)}`]);
  return rows;
}

function controllerLine(identity: AgentStatus['identity'], link: LinkState | null, agent: AgentStatus['agent']): string {
  if (identity === null) return '-';
  if (link === null) return `${identity.controllerUrl}, not contacted yet`;
  const state = agent.pid === null ? `last known: ${link.state}` : link.state;
  const acknowledged = agent.lastAcknowledgedAt === null ? '' : `, last acknowledged ${agent.lastAcknowledgedAt}`;
  return `${identity.controllerUrl}, ${state} since ${link.since}${link.reason === null ? '' : ` (${link.reason})`}${acknowledged}`;
}

function postgresRows(pg: PostgresObservation): [string, string][] {
  const rows: [string, string][] = [
    ['role', `${pg.inRecovery ? 'standby' : 'primary'}, timeline ${pg.timeline}, system ${pg.systemIdentifier}`],
    [
      'position',
      pg.inRecovery
        ? `received ${pg.receiveLsn ?? 'unknown'}, replayed ${pg.replayLsn ?? 'unknown'}`
        : `flushed ${pg.flushLsn ?? 'unknown'}`,
    ],
  ];
  if (pg.inRecovery) {
    const from = pg.walReceiver;
    rows.push([
      'upstream',
      from === null ? 'NONE: no walreceiver runs' : `${from.status} from ${from.senderHost ?? '?'}:${from.senderPort ?? '?'}`,
    ]);
  }
  for (const d of pg.downstreams) {
    rows.push([
      'downstream',
      `${d.applicationName} ${d.clientAddress ?? 'local'} ${d.state}/${d.syncState}, replayed ${d.replayLsn ?? 'unknown'}, ${d.tls?.version ?? 'no TLS'}`,
    ]);
  }
  for (const slot of pg.slots) {
    rows.push([
      'slot',
      `${slot.name} ${slot.active ? 'active' : 'INACTIVE'} ${slot.walStatus ?? ''}, keeps ${slot.retainedBytes ?? 'unknown'} bytes`,
    ]);
  }
  return rows;
}
