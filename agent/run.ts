/** Runs the agent: ticks, slow facts, sender and health port, put together. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { AgentCondition } from '../lib/agent-contract/observation.ts';
import { controllerOf } from './check/check.ts';
import type { AgentConfig } from './config.ts';
import { startHealthServer } from './health/server.ts';
import type { HealthServer } from './health/server.ts';
import type { HealthView } from './health/view.ts';
import { lockStateDirectory } from './journal/lock.ts';
import { Outbox } from './journal/outbox.ts';
import { RefusedSamples } from './journal/refused-samples.ts';
import { SequenceCounter } from './journal/sequence.ts';
import { Spool } from './journal/spool.ts';
import { StateDirectory } from './journal/state-directory.ts';
import { loadIdentity } from './link/identity.ts';
import { Sender } from './link/sender.ts';
import { messageOf } from '../lib/runtime/error-message.ts';
import type { Log } from './log.ts';
import { Collector } from './observe/collector.ts';
import { PeerProbe } from './observe/peer-probe.ts';
import type { Sampled } from './observe/collector.ts';
import { Session } from './observe/session.ts';
import { SlowFacts } from './observe/slow-facts.ts';
import { Ticker } from './ticker.ts';
import { AGENT_VERSION } from './version.ts';

/** How often is looked, and how long, while a command's effect settles. */
const OFTEN_MS = 250;
const OFTEN_FOR_MS = 2000;
const TIDY_INTERVAL_MS = 60_000;
/** A tick in flight at the end is given this long. */
const LAST_TICK_DEADLINE_MS = 1000;
/** An archiver that begins to fail is worth reading the server's log for, but one that fails now and then only so often. */
const ARCHIVER_LOOK_MIN_MS = 15_000;
/** Until `join` has been run, the state directory is looked at this often. */
const IDENTITY_LOOK_MS = 2000;

export interface RunningAgent {
  /** Port of the health server; `null` when it could not be opened. */
  healthPort: number | null;
  view: () => HealthView;
  /** Writes out what is unsent and ends everything; under two seconds. */
  stop: () => Promise<void>;
}

/** Starts the agent. Throws when the state directory can't be used; everything else that is wrong is logged and tried again. */
export async function runAgent(config: AgentConfig, log: Log): Promise<RunningAgent> {
  const stateDirectory = config.agent.state_directory;
  const unlock = lockStateDirectory(stateDirectory);
  const spool = new Spool(path.join(stateDirectory, 'spool'));
  const sequence = new SequenceCounter(stateDirectory, Date.now());
  sequence.skipPast(spool.lastSequence);
  const outbox = new Outbox(spool, new RefusedSamples(path.join(stateDirectory, 'refused')));
  const stateOnDisk = new StateDirectory(stateDirectory, (problem) => {
    if (problem === null) log.info('state-directory', { message: 'The state directory can be written again.' });
    else log.error('state-directory', { message: problem });
  });
  const session = new Session(config.postgres);
  const instanceId = randomUUID();
  const collector = new Collector({
    session,
    target: config.postgres,
    stateDirectory,
    dataDirectory: config.postgres.data_directory ?? null,
    tickMs: config.agent.tick_ms,
    log,
  });
  const peerProbe = new PeerProbe(config.peers);
  let stopping = false;
  let sender: Sender | null = null;
  let last: { sampled: Sampled; atMs: number } | null = null;
  let archiverLookAtMs = -Infinity;

  // Ready before anything is observed: a fenced node must be guarded from the first moment.
  const acting =
    config.control === undefined
      ? null
      : new (await import('./perform/acting.ts')).Acting({
          config,
          instanceId,
          dataDirectory: () => collector.dataDirectory,
          lastSample: () => last?.sampled ?? null,
          stateProblem: () => stateOnDisk.problem,
          clock: () => sender?.clock.current ?? { offsetMs: null, uncertaintyMs: null },
          observeSoon: () => ticker.soon(),
          observeOften: (forMs = OFTEN_FOR_MS) => ticker.hurry(OFTEN_MS, forMs),
          log,
        });

  const startSender = (): void => {
    const stored = loadIdentity(stateDirectory);
    if (stored === null) return;
    const identity = { ...stored, ...controllerOf(config) };
    sender = new Sender({ stateDirectory, identity, instanceId, outbox, sequence, log, onRenewed: (renewed) => acting?.use(renewed) });
    sender.start();
    acting?.use(identity);
    log.info('linked', { node: identity.nodeName, cluster: identity.clusterSlug, controller: identity.controllerUrl });
  };

  const slow = new SlowFacts({ config, session, collector, log, sender: () => sender });

  const tick = async (): Promise<void> => {
    const sampled = await collector.sample();
    // A tick that the end of the agent cut short says nothing about the server.
    if (stopping) return;
    const changed = last === null || roleOf(last.sampled) !== roleOf(sampled) || last.sampled.server.state !== sampled.server.state;
    const archiverTurned = last !== null && isArchiverFailing(last.sampled) !== isArchiverFailing(sampled);
    if (changed) log.info('server', { state: sampled.server.state, message: sampled.server.message, role: roleOf(sampled) });
    last = { sampled, atMs: performance.now() };
    if (changed) slow.readSoon();
    if (archiverTurned && last.atMs - archiverLookAtMs >= ARCHIVER_LOOK_MIN_MS) {
      archiverLookAtMs = last.atMs;
      slow.readSoon();
    }
    // Before joining there is nobody to send to, and nothing is kept.
    if (sender === null) return;
    const number = sequence.next();
    const clock = { ...sender.clock.current, chrony: collector.chrony };
    const { observedAt, tookMs, server, postgres, volumes, tablespaces } = sampled;
    // Sequence and time come first: the buffer on disk finds them there without parsing the rest.
    const authority = acting?.authority() ?? null;
    const { refusedSamples, lostSamples } = outbox.counts();
    const agent: AgentCondition = { stateDirectoryProblem: stateOnDisk.problem?.slice(0, 300) ?? null, refusedSamples, lostSamples };
    const peerConnections = peerProbe.look(postgres, Date.parse(observedAt));
    const rest = { server, postgres, volumes, tablespaces, clock, authority, agent, peerConnections };
    const json = JSON.stringify({ sequence: number, observedAt, tookMs, ...rest });
    outbox.put({ sequence: number, atMs: Date.parse(observedAt), json }, Date.now());
    sender.nudge();
  };

  const ticker = new Ticker(config.agent.tick_ms, tick, (error) => log.repeated('tick-failed', messageOf(error)));
  const view = (): HealthView => {
    const identity = sender?.identity ?? null;
    return {
      agentVersion: AGENT_VERSION,
      node: identity === null ? null : { name: identity.nodeName, cluster: identity.clusterSlug, certificateNotAfter: identity.notAfter },
      leadership: acting?.leadership ?? null,
      sampleAgeMs: last === null ? null : performance.now() - last.atMs,
      sampleTookMs: last?.sampled.tookMs ?? null,
      server: last?.sampled.server ?? null,
      postgres: last?.sampled.postgres ?? null,
      volumes: last?.sampled.volumes ?? [],
      lastCommitAgeMs: collector.lastCommitAgeMs,
      link: sender?.state ?? null,
      outbox: outbox.counts(),
      ticks: { taken: ticker.taken, skipped: ticker.skipped },
      clockOffsetMs: sender?.clock.current.offsetMs ?? null,
      residentBytes: process.memoryUsage.rss(),
      tickMs: config.agent.tick_ms,
    };
  };

  let health: HealthServer | null = null;
  try {
    health = await startHealthServer(config.health.host, config.health.port, view);
  } catch (error) {
    // Observing is worth more than the port: log it as an error and continue.
    log.error('health-port', { message: messageOf(error) });
  }
  startSender();
  if (sender === null)
    log.warn('not-joined', {
      message: 'No identity yet: observing locally. Run farshore-agent join; this process then uses the identity automatically.',
    });
  const identityTimer = setInterval(() => {
    if (sender === null) startSender();
  }, IDENTITY_LOOK_MS);
  const tidyTimer = setInterval(() => {
    outbox.tidy(Date.now());
    void acting?.tidy(Date.now());
  }, TIDY_INTERVAL_MS);
  slow.start();
  stateOnDisk.start();
  await acting?.start();
  ticker.start();
  log.info('started', { version: AGENT_VERSION, stateDirectory, healthPort: health?.port ?? null, tickMs: config.agent.tick_ms });

  return {
    healthPort: health?.port ?? null,
    view,
    stop: async () => {
      stopping = true;
      clearInterval(identityTimer);
      clearInterval(tidyTimer);
      slow.stop();
      stateOnDisk.stop();
      ticker.stop();
      collector.probe.end();
      await Promise.all([acting?.stop(), sender?.stop(), health?.close(), session.end(), ticker.idle(LAST_TICK_DEADLINE_MS)]);
      outbox.close(Date.now());
      sequence.close();
      unlock();
      log.info('stopped', { unsentSamples: outbox.counts().samples });
    },
  };
}

/** A change of it makes the slow facts worth reading again at once. */
const roleOf = ({ postgres }: Sampled): string | null =>
  postgres === null ? null : `${postgres.inRecovery ? 'standby' : 'primary'} on timeline ${postgres.timeline} since ${postgres.startedAt}`;

/** The last thing that the archiver did was to fail. */
function isArchiverFailing({ postgres }: Sampled): boolean {
  const { lastFailedAt = null, lastArchivedAt = null } = postgres?.archiver ?? {};
  return lastFailedAt !== null && (lastArchivedAt === null || Date.parse(lastFailedAt) > Date.parse(lastArchivedAt));
}
