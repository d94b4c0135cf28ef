/** What each verb does to the model PostgreSQL: the model's counterpart of agent/perform. Every one of them may be repeated. */
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import type { NodeReport } from '../../lib/agent-contract/node-report.ts';
import type { ModelPostgres } from './model-postgres.ts';

/** Positions are record numbers in the model, and LSN texts in the contract. */
export const lsnOf = (records: number): string => `0/${records.toString(16).toUpperCase()}`;
export const recordsOf = (lsn: string): number => Number.parseInt(lsn.slice(lsn.indexOf('/') + 1), 16);

export interface ModelPooler {
  paused: boolean;
  primary: string | null;
}

export interface PerformWorld {
  nowMs: () => number;
  node: (name: string) => ModelPostgres;
  pooler: ModelPooler;
  /** Marks on the data directory, on the agent's disk. */
  markUnusable: (reason: string | null) => void;
  unusable: () => string | null;
  /** How long walsenders go on after a shutdown; drawn anew for each. */
  sendersMs: () => number;
  linked: (a: string, b: string) => boolean;
  /** How a copy goes; drawn anew for each. */
  copies: () => { looks: number; breaksOff: boolean };
}

/** `wait` = not yet: ask again in a moment, until the deadline. */
export type Performed = { now: CommandResult } | { wait: true };

const done = (evidence: unknown): Performed => ({ now: { status: 'done', evidence, tookMs: 1 } });
const refused = (reason: string): Performed => ({ now: { status: 'refused', code: 'precondition-failed', reason } });

export function reportOf(node: ModelPostgres, nowMs: number): NodeReport {
  const running = node.process === 'running';
  return {
    at: new Date(nowMs).toISOString(),
    running,
    inRecovery: running ? node.inRecovery : null,
    timeline: node.timeline,
    flushLsn: running && !node.inRecovery ? lsnOf(node.lsn) : null,
    receivedLsn: running && node.inRecovery ? lsnOf(node.lsn) : null,
    replayedLsn: running && node.inRecovery ? lsnOf(node.lsn) : null,
    receiving: running && node.inRecovery ? node.upstream !== null : null,
    replayPaused: false,
    upstream: node.upstream,
    control: null,
  };
}

/** Where each ancestor timeline ended, as in the history file. */
export function historyOf(node: ModelPostgres): { timeline: number; endLsn: string }[] {
  const ends: { timeline: number; endLsn: string }[] = [];
  for (const [index, record] of node.wal.entries()) {
    const before = node.wal[index - 1];
    if (before !== undefined && before.timeline !== record.timeline) ends.push({ timeline: before.timeline, endLsn: lsnOf(index) });
  }
  return ends;
}

/** A stream ends with its upstream's shutdown, and when the network between them does. */
function isStreaming(node: ModelPostgres, world: PerformWorld): boolean {
  return node.upstream !== null && world.linked(node.name, node.upstream) && world.node(node.upstream).sends(world.nowMs());
}

type Performer = (node: ModelPostgres, args: never, world: PerformWorld) => Performed;

export const MODEL_PERFORMERS: Readonly<Record<string, Performer>> = {
  report: (node, _args, world) => done({ report: reportOf(node, world.nowMs()), history: historyOf(node) }),
  checkpoint: (node) => {
    if (node.process !== 'running') return refused('It does not run.');
    node.checkpointTimeline = node.timeline;
    return done({ tookMs: 1, redoLsn: lsnOf(node.lsn) });
  },
  'prepare-slots': () => done({ slots: [] }),
  'drop-slot': () => done({ existed: true }),
  reload: () => done({ pendingRestart: [] }),
  'verify-archive': () => done({ history: true, firstSegment: null, waitedMs: 0 }),
  'check-backup': () => done({ output: '' }),
  'hold-archive-restore': (_node, { held }: { held: boolean }) => done({ held, reason: null }),
  'set-synchronous': (node, { synchronous }: { synchronous: { required: number; standbys: string[] } | null }) => {
    node.synchronous = synchronous;
    return done({ value: '' });
  },
  'stop-primary': (node, _args, world) => {
    if (node.process === 'running' && node.inRecovery) return refused('It is a standby.');
    if (node.process === 'crashed') return refused('It was not shut down: it has crashed.');
    node.shutDown(world.nowMs(), world.sendersMs());
    if (node.shutdownCheckpoint === null) return refused('It did not write a shutdown checkpoint.');
    const control = {
      state: 'shut down',
      checkpointLsn: lsnOf(node.shutdownCheckpoint),
      redoLsn: lsnOf(node.shutdownCheckpoint),
      timeline: node.timeline,
    };
    return done({ control, shutDownMs: 1, endedSenders: [] });
  },
  'await-wal': (node, { past }: { past: string | null }, world) =>
    (past === null ? !isStreaming(node, world) : node.lsn > recordsOf(past))
      ? done({ receivedLsn: lsnOf(node.lsn), waitedMs: 0 })
      : { wait: true },
  'start-primary': (node, _args, world) => {
    if (world.unusable() !== null) return refused('The data directory is marked as unusable.');
    if (node.standbySignal) return refused('It is set up as a standby.');
    node.start();
    return done({ report: reportOf(node, world.nowMs()) });
  },
  promote: (node, { timeline, receivedPast, resume = [] }: { timeline: number; receivedPast: string | null; resume?: string[] }, world) => {
    if (node.writable && node.timeline === timeline + 1) return done(promoted(node, world));
    if (node.process !== 'running' || !node.inRecovery) return refused('It is not a running standby.');
    if (node.timeline !== timeline) return refused(`It is on timeline ${node.timeline}.`);
    if (receivedPast !== null && node.lsn <= recordsOf(receivedPast)) return { wait: true };
    node.promote(world.nowMs());
    if (resume.length > 0 && world.pooler.primary === node.name) world.pooler.paused = false;
    return done(promoted(node, world));
  },
  promise: (node, _args, world) => {
    if (node.process !== 'running' || !node.inRecovery) return refused('It is not a running standby.');
    node.upstream = null;
    return done({ report: reportOf(node, world.nowMs()), history: historyOf(node) });
  },
  follow: (node, { upstream, untilStreaming = true }: { upstream: string; untilStreaming?: boolean }, world) => {
    if (node.process !== 'running' || !node.inRecovery) return refused('It is not a running standby.');
    node.upstream = upstream;
    if (untilStreaming && !isStreaming(node, world)) return { wait: true };
    return done({ report: reportOf(node, world.nowMs()) });
  },
  'start-standby': (node, { upstream }: { upstream: string }, world) => {
    if (world.unusable() !== null) return refused('The data directory is marked as unusable.');
    if (node.writable) return refused('It runs as a primary.');
    node.standbySignal = true;
    node.upstream = upstream;
    node.synchronous = null;
    node.start();
    return done({ report: reportOf(node, world.nowMs()), startMs: 1 });
  },
  restart: (node, _args, world) => {
    node.process = 'stopped';
    node.start();
    return done({ report: reportOf(node, world.nowMs()), tookMs: 1 });
  },
  fence: (node) => {
    const wasRunning = node.process === 'running';
    node.crash();
    return done({ wasRunning, forced: false, stopMs: 1, control: null });
  },
  'keep-diverged': (node) => {
    node.ledgerKept = true;
    return done({ ledger: {} });
  },
  rewind: (node, { source }: { source: string }, world) =>
    node.copy === null && world.node(source).checkpointTimeline !== world.node(source).timeline
      ? refused('The source has not checkpointed on its timeline.')
      : copyOf(node, source, world, { tookMs: 1, needed: true, output: '' }),
  restore: () => refused('There is no backup in the model.'),
  clone: (node, { source }: { source: string }, world) => copyOf(node, source, world, { tookMs: 1, bytes: 0 }),
  'pooler-pause': (_node, _args, world) => {
    world.pooler.paused = true;
    return done({ pausedMs: 1 });
  },
  'pooler-resume': (_node, _args, world) => {
    world.pooler.paused = false;
    return done({ resumedMs: 1 });
  },
  'pooler-point': (_node, { primary }: { primary: string }, world) => {
    if (!world.pooler.paused) return refused('The pooler is not paused.');
    world.pooler.primary = primary;
    return done({ pointedMs: 1, primary });
  },
  'pooler-switch': (_node, { primary }: { primary: string }, world) => {
    world.pooler.primary = primary;
    world.pooler.paused = false;
    return done({ switchedMs: 1, primary });
  },
};

function promoted(node: ModelPostgres, world: PerformWorld): unknown {
  return {
    report: reportOf(node, world.nowMs()),
    switchLsn: historyOf(node).at(-1)?.endLsn ?? null,
    waitedForWalMs: 0,
    promoteMs: 1,
    nudges: 1,
  };
}

/** Takes a while, in which the directory is worth nothing and is marked so; the mark stays when it breaks off. */
function copyOf(node: ModelPostgres, sourceName: string, world: PerformWorld, evidence: unknown): Performed {
  if (node.process === 'running') return refused('It runs.');
  const source = world.node(sourceName);
  const answers = source.writable && world.linked(node.name, sourceName);
  if (node.copy === null) {
    if (!answers) return refused(`${sourceName} does not answer as a primary.`);
    const { looks, breaksOff } = world.copies();
    world.markUnusable('under way');
    node.beginCopy(looks, breaksOff);
  }
  const copy = node.copy!;
  copy.left -= 1;
  if (copy.left > 0 && answers) return { wait: true };
  node.copy = null;
  if (copy.breaksOff || !answers)
    return { now: { status: 'failed', code: 'program-failed', reason: 'It broke off.', changed: true, tookMs: 1 } };
  node.wal = [...source.wal];
  node.standbySignal = true;
  node.process = 'stopped';
  node.controlState = 'in recovery';
  world.markUnusable(null);
  return done(evidence);
}
