/** Offers a model PostgreSQL of the simulator to the models of verbs: positions are record numbers there, and LSN texts in the contract. */
import type { LossLedger } from '../../lib/agent-contract/loss-ledger.ts';
import type { NodeReport } from '../../lib/agent-contract/node-report.ts';
import { WAIT, refused } from '../verbs/model.ts';
import type { ModelServer, Told, Wait } from '../verbs/model.ts';
import type { ModelPostgres } from './model-postgres.ts';

export const lsnOf = (records: number): string => `0/${records.toString(16).toUpperCase()}`;
const recordsOf = (lsn: string): number => Number.parseInt(lsn.slice(lsn.indexOf('/') + 1), 16);

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
  /** How long walsenders continue after a shutdown; drawn again for each. */
  sendersMs: () => number;
  linked: (a: string, b: string) => boolean;
  /** How a copy goes; drawn again for each. */
  copies: () => { looks: number; breaksOff: boolean };
}

export function modelServer(node: ModelPostgres, world: PerformWorld): ModelServer {
  const isStreaming = (): boolean =>
    node.upstream !== null && world.linked(node.name, node.upstream) && world.node(node.upstream).sends(world.nowMs());
  return {
    name: node.name,
    get process() {
      return node.process;
    },
    get inRecovery() {
      return node.inRecovery;
    },
    get timeline() {
      return node.timeline;
    },
    get startsAsStandby() {
      return node.standbySignal;
    },
    report: () => reportOf(node, world.nowMs()),
    history: () => historyOf(node),
    position: () => lsnOf(node.lsn),
    holdsPast: (lsn) => node.lsn > recordsOf(lsn),
    isStreaming,
    hasStreamEnded: () => !isStreaming(),
    follow: (upstream) => void (node.upstream = upstream),
    setSynchronous: (synchronous) => void (node.synchronous = synchronous),
    makeSlot: () => undefined,
    dropSlot: () => true,
    holdRestoreCommand: () => undefined,
    checkpoint: () => void (node.checkpointTimeline = node.timeline),
    shutDown: () => {
      node.shutDown(world.nowMs(), world.sendersMs());
      return node.shutdownCheckpoint === null ? null : lsnOf(node.shutdownCheckpoint);
    },
    crash: () => node.crash(),
    start: () => node.start(),
    becomeStandby: () => void (node.standbySignal = true),
    promote: () => node.promote(world.nowMs()),
    keepDiverged: () => {
      node.ledgerKept = true;
      return {} as LossLedger;
    },
    copyFrom: (source, kind) => copyFrom(node, source, kind, world),
    restoreBackup: () => refused('There is no backup in the model.'),
  };
}

function reportOf(node: ModelPostgres, nowMs: number): NodeReport {
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
function historyOf(node: ModelPostgres): { timeline: number; endLsn: string }[] {
  const ends: { timeline: number; endLsn: string }[] = [];
  for (const [index, record] of node.wal.entries()) {
    const before = node.wal[index - 1];
    if (before !== undefined && before.timeline !== record.timeline) ends.push({ timeline: before.timeline, endLsn: lsnOf(index) });
  }
  return ends;
}

/** Takes a while, in which the directory is worth nothing and is marked so; the mark stays when it breaks off. */
function copyFrom(node: ModelPostgres, sourceName: string, kind: 'rewind' | 'clone', world: PerformWorld): Wait | Told | null {
  const source = world.node(sourceName);
  if (kind === 'rewind' && node.copy === null && source.checkpointTimeline !== source.timeline)
    return refused('The source has not checkpointed on its timeline.');
  if (node.process === 'running') return refused('It runs.');
  const answers = source.writable && world.linked(node.name, sourceName);
  if (node.copy === null) {
    if (!answers) return refused(`${sourceName} does not answer as a primary.`);
    const { looks, breaksOff } = world.copies();
    world.markUnusable('under way');
    node.beginCopy(looks, breaksOff);
  }
  const copy = node.copy!;
  copy.left -= 1;
  if (copy.left > 0 && answers) return WAIT;
  node.copy = null;
  if (copy.breaksOff || !answers)
    return { told: { status: 'failed', code: 'program-failed', reason: 'It broke off.', changed: true, tookMs: 1 } };
  node.wal = [...source.wal];
  node.standbySignal = true;
  node.process = 'stopped';
  node.controlState = 'in recovery';
  world.markUnusable(null);
  return null;
}
